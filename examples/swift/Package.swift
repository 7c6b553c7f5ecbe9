// swift-tools-version:5.9
import PackageDescription

// On a desk: the header of this repository, and a `libfield` that the linker is told of (README.md).
// In an app: the XCFramework that build-xcframework.sh leaves in build/, named by FIELD_XCFRAMEWORK.
let cField: Target
if let framework = Context.environment["FIELD_XCFRAMEWORK"] {
    cField = .binaryTarget(name: "CField", path: framework)
} else {
    cField = .systemLibrary(name: "CField", path: "Sources/CField")
}

let package = Package(
    name: "Firsthand",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [
        .library(name: "Firsthand", targets: ["Firsthand"])
    ],
    targets: [
        cField,
        .target(name: "Firsthand", dependencies: ["CField"]),
        .executableTarget(name: "FieldStory", dependencies: ["Firsthand"]),
        .testTarget(name: "FirsthandTests", dependencies: ["Firsthand"]),
    ]
)
