// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "mixmo", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Checkpoints", package: "mixmo"),
        .product(name: "Corruptions", package: "mixmo"),
        .product(name: "Formats", package: "mixmo"),
        .product(name: "Subprocess", package: "swift-subprocess"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
