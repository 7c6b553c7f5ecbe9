#!/usr/bin/env bash
# Builds libfield for iPhones and their simulators into one CField.xcframework.
#
#   build-xcframework.sh [FOLDER]      default: build/ beside this script, where Package.swift may look
#
# Exit status: 0 built, 1 failed, 2 a tool is missing (each is named).
#
# What is particular here: inside libfield.a stand SQLite (with SQLCipher) and OpenSSL. An app that
# brings its own SQLite, or a kit that does, would then have two of each, and the linker would take
# either: at best an error, at worst an encrypted database opened by the wrong SQLite. So all
# objects are linked into one first (`ld -r`) with everything hidden but field_*, and it is checked
# that nothing else is left to see.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$here/build}
manifest=$root/crates/ffi/Cargo.toml
header=$root/crates/ffi/include/field.h
# The oldest iOS the library is built for; Package.swift says the same.
export IPHONEOS_DEPLOYMENT_TARGET=15.0

device=aarch64-apple-ios
simulators=(aarch64-apple-ios-sim x86_64-apple-ios)

missing=()
needs() { # WHAT IT IS, COMMAND..
    local what=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$what")
}

has_target() {
    rustc --print target-libdir --target "$1" | { read -r folder && [ -d "$folder" ]; }
}

toolchain() {
    [ "$(uname -s)" = Darwin ] || missing+=("macOS: this is $(uname -s), and Apple's SDKs run on nothing else")
    needs "cargo and rustc: https://rustup.rs" cargo --version
    local target
    for target in "$device" "${simulators[@]}"; do
        needs "Rust's $target: rustup target add $target" has_target "$target"
    done
    needs "Xcode, with xcodebuild (not the command line tools alone)" xcodebuild -version
    needs "the iPhone SDK: open Xcode once and let it install iOS" xcrun --sdk iphoneos --show-sdk-path
    needs "the simulator SDK: open Xcode once and let it install iOS" xcrun --sdk iphonesimulator --show-sdk-path
    needs "perl and make, which OpenSSL is built with" sh -c "command -v perl && command -v make"
    [ -f "$manifest" ] || missing+=("crates/ffi: not in this checkout")
    [ -f "$header" ] || missing+=("crates/ffi/include/field.h: not in this checkout")
    if ((${#missing[@]} > 0)); then
        echo "build-xcframework.sh cannot build here. Missing:" >&2
        printf '  - %s\n' "${missing[@]}" >&2
        exit 2
    fi
}

# One object of everything, with field_* to see and the rest hidden.
prelink() { # TARGET, SDK, PLATFORM, ARCHITECTURE
    local target=$1 sdk=$2 platform=$3 architecture=$4
    local folder=$out/parts/$target version seen
    mkdir -p "$folder"
    # `native-static-libs` prints the system libraries and frameworks that an app has to link beside it.
    cargo rustc --release --locked --manifest-path "$manifest" --target "$target" \
        --target-dir "$out/parts/target" --crate-type staticlib -- --print native-static-libs
    printf '_field_*\n' >"$folder/exported"
    version=$(xcrun --sdk "$sdk" --show-sdk-version)
    xcrun --sdk "$sdk" ld -r -arch "$architecture" \
        -platform_version "$platform" "$IPHONEOS_DEPLOYMENT_TARGET" "$version" \
        -exported_symbols_list "$folder/exported" \
        -all_load "$out/parts/target/$target/release/libfield.a" -o "$folder/field.o"
    seen=$(xcrun nm -gU "$folder/field.o" | awk 'NF == 3 { print $3 }')
    if grep -v '^_field_' <<<"$seen" >&2; then
        echo "these symbols of $target would meet the app's own" >&2
        exit 1
    fi
    grep -q '^_field_open$' <<<"$seen" || { echo "$target: field_open is not there" >&2; exit 1; }
    rm -f "$folder/libfield.a"
    xcrun --sdk "$sdk" libtool -static -o "$folder/libfield.a" "$folder/field.o"
}

headers() {
    mkdir -p "$out/parts/headers"
    cp "$header" "$out/parts/headers/field.h"
    printf 'module CField {\n    header "field.h"\n    export *\n}\n' >"$out/parts/headers/module.modulemap"
}

toolchain
mkdir -p "$out"
out=$(cd "$out" && pwd)
prelink "$device" iphoneos ios arm64
prelink "${simulators[0]}" iphonesimulator ios-simulator arm64
prelink "${simulators[1]}" iphonesimulator ios-simulator x86_64
headers

mkdir -p "$out/parts/simulator"
xcrun lipo -create "$out/parts/${simulators[0]}/libfield.a" "$out/parts/${simulators[1]}/libfield.a" \
    -output "$out/parts/simulator/libfield.a"
rm -rf "$out/CField.xcframework"
xcodebuild -create-xcframework \
    -library "$out/parts/$device/libfield.a" -headers "$out/parts/headers" \
    -library "$out/parts/simulator/libfield.a" -headers "$out/parts/headers" \
    -output "$out/CField.xcframework"
echo "$out/CField.xcframework"
