// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "mixmo",
  platforms: [.macOS(.v15)],
  targets: [
    // Floor 1: arrays, images, bytes
    .target(name: "Tensors", dependencies: ["COpenBLAS"]),

    // Floor 0: system libraries
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),

    // Tests
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "TestSupport"], exclude: ["Fixtures"]),
  ],
  swiftLanguageModes: [.v6]
)
