#!/usr/bin/env bash
# Builds libfield for Android into one field.aar: arm64-v8a, armeabi-v7a and x86_64.
#
#   build-aar.sh [FOLDER]      default: build/ beside this script
#
# Exit status: 0 built, 1 failed, 2 a tool is missing (each is named).
#
# What is particular here: devices with 16 KB pages load no library whose segments are aligned to
# less. The linker is told so, and each 64-bit library is looked at afterwards. It is looked at as
# well that nothing is exported but field_*: SQLite and OpenSSL inside are nobody else's business.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$here/build}
manifest=$root/crates/ffi/Cargo.toml
# The oldest Android the library is built for: 8.0.
api=26
page_bytes=16384

abis=(arm64-v8a armeabi-v7a x86_64)

triple() { # ABI
    case $1 in
        arm64-v8a) echo aarch64-linux-android ;;
        armeabi-v7a) echo armv7-linux-androideabi ;;
        x86_64) echo x86_64-linux-android ;;
    esac
}

missing=()
needs() { # WHAT IT IS, COMMAND..
    local what=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$what")
}

has_target() {
    rustc --print target-libdir --target "$1" | { read -r folder && [ -d "$folder" ]; }
}

# The NDK that the environment names, or the newest of the SDK.
ndk() {
    local named=${ANDROID_NDK_HOME:-${ANDROID_NDK_ROOT:-}} sdk=${ANDROID_HOME:-${ANDROID_SDK_ROOT:-}}
    if [ -n "$named" ]; then
        printf '%s\n' "$named"
    elif [ -n "$sdk" ] && [ -d "$sdk/ndk" ]; then
        find "$sdk/ndk" -mindepth 1 -maxdepth 1 -type d | sort -V | tail -n 1
    fi
}

# A tool of the NDK, whichever machine it was built for.
tool() { # NAME
    find "$ndk/toolchains/llvm/prebuilt" -path "*/bin/$1" 2>/dev/null | head -n 1
}

toolchain() {
    needs "cargo and rustc: https://rustup.rs" cargo --version
    needs "cargo-ndk: cargo install cargo-ndk" cargo ndk --version
    local abi target
    for abi in "${abis[@]}"; do
        target=$(triple "$abi")
        needs "Rust's $target: rustup target add $target" has_target "$target"
    done
    if [ -z "$ndk" ] || [ -z "$(tool llvm-readelf)" ]; then
        missing+=("the Android NDK, r28 or newer: set ANDROID_NDK_HOME to its folder")
    fi
    needs "zip" zip -v
    needs "perl and make, which OpenSSL is built with" sh -c "command -v perl && command -v make"
    [ -f "$manifest" ] || missing+=("crates/ffi: not in this checkout")
    if ((${#missing[@]} > 0)); then
        echo "build-aar.sh cannot build here. Missing:" >&2
        printf '  - %s\n' "${missing[@]}" >&2
        exit 2
    fi
}

# Every segment that is loaded begins on a 16 KB border; what is exported is ours.
look_at() { # ABI
    local library=$out/aar/jni/$1/libfield.so align bad
    if [ "$1" != armeabi-v7a ]; then
        while read -r align; do
            if ((align < page_bytes)); then
                echo "$1: a segment is aligned to $align, and a device with 16 KB pages needs $page_bytes" >&2
                exit 1
            fi
        done < <("$(tool llvm-readelf)" --program-headers --wide "$library" | awk '$1 == "LOAD" { print $NF }')
    fi
    bad=$("$(tool llvm-nm)" --dynamic --defined-only "$library" | awk '$NF !~ /^field_/ { print $NF }')
    if [ -n "$bad" ]; then
        printf '%s exports more than field_*:\n%s\n' "$1" "$bad" >&2
        exit 1
    fi
}

ndk=$(ndk)
toolchain
export ANDROID_NDK_HOME=$ndk
export RUSTFLAGS="${RUSTFLAGS:-} -C link-arg=-Wl,-z,max-page-size=$page_bytes"

mkdir -p "$out"
out=$(cd "$out" && pwd)
# cargo-ndk looks for a workspace where it stands.
cd "$root"
rm -rf "$out/aar" "$out/field.aar"
mkdir -p "$out/aar/jni" "$out/classes/META-INF"
selected=()
for abi in "${abis[@]}"; do selected+=(-t "$abi"); done
cargo ndk "${selected[@]}" --platform "$api" --manifest-path "$manifest" --output-dir "$out/aar/jni" \
    build --release --locked --target-dir "$out/target"
for abi in "${abis[@]}"; do look_at "$abi"; done

# An AAR is a zip with a manifest, classes (ours has none), a list of resources (none) and libraries.
cat >"$out/aar/AndroidManifest.xml" <<XML
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="org.firsthand.field">
    <uses-sdk android:minSdkVersion="$api" />
    <uses-permission android:name="android.permission.INTERNET" />
    <uses-permission android:name="android.permission.ACCESS_NETWORK_STATE" />
</manifest>
XML
: >"$out/aar/R.txt"
printf 'Manifest-Version: 1.0\n' >"$out/classes/META-INF/MANIFEST.MF"
(cd "$out/classes" && zip -q -X -r ../aar/classes.jar META-INF)
(cd "$out/aar" && zip -q -X -r ../field.aar .)
echo "$out/field.aar"
