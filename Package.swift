// swift-tools-version: 6.1
import PackageDescription

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// Optimization is three quarters of a build: targets without loops over images, rows or numbers go without.
// No target of a library product may, as no package depends on a product with unsafe flags by its version.
let unoptimized = [SwiftSetting.unsafeFlags(["-Onone"], .when(configuration: .release))]

let package = Package(
  name: "mixmo",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "mixmo", targets: ["mixmo"]),
    .library(name: "Scoring", targets: ["Scoring"]),
    .library(name: "Corruptions", targets: ["Corruptions", "Images"]),
    .library(name: "Checkpoints", targets: ["Checkpoints"]),
    .library(name: "Formats", targets: ["Formats"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Jobs of several processes, by Open MPI (libopenmpi-dev).")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Floor 7: the command
    .executableTarget(
      name: "mixmo",
      dependencies: [
        "Checkpoints", "Corruptions", "Datasets", "Evaluation", "Formats", "Images", "Loading",
        "Networks", "Optimization", "PredictionFiles", "Predictions", "Processes", "Reports",
        "Runs", "Scoring", "Tensors", "TextTables", "Training", argumentParser,
      ],
      resources: [.embedInCode("Resources")], swiftSettings: unoptimized),

    // Floor 6: jobs
    .target(
      name: "Training",
      dependencies: [
        "Checkpoints", "Datasets", "Formats", "Loading", "Networks", "Optimization", "Runs",
        "Scoring", "Tensors", yams,
      ], swiftSettings: unoptimized),
    .target(
      name: "Evaluation",
      dependencies: [
        "Datasets", "Formats", "Images", "Loading", "PredictionFiles", "Predictions", "Processes",
        "Runs", "Scoring", "Tensors",
      ], swiftSettings: unoptimized),
    .target(
      name: "Reports",
      dependencies: ["Formats", "Predictions", "Processes", "Runs", "Scoring", mustache],
      resources: [.embedInCode("Page/Resources")], swiftSettings: unoptimized),

    // Floor 5: files of anybody's predictions
    .target(
      name: "PredictionFiles",
      dependencies: ["Datasets", "Formats", "Predictions", "Runs", "Scoring", "TextTables"],
      swiftSettings: unoptimized),

    // Floor 4: run folders
    .target(
      name: "Runs", dependencies: ["Formats", "Predictions", "Scoring", "Tensors"],
      swiftSettings: unoptimized),

    // Floor 3: data sets, steps of training, arrays of predictions
    .target(
      name: "Datasets",
      dependencies: [
        "Corruptions", "Formats", "Images", "Loading", "Processes", "Scoring", "Tensors",
      ],
      resources: [.embedInCode("Digits/Resources")], swiftSettings: unoptimized),
    .target(
      name: "Optimization", dependencies: ["Checkpoints", "Formats", "Networks", "Tensors"]),
    .target(name: "Predictions", dependencies: ["Formats", "Scoring"]),

    // Floor 2: what the project exists for
    .target(name: "Corruptions", dependencies: ["Formats", "Images", "Tensors"]),
    .target(name: "Loading", dependencies: ["Formats", "Images", "Tensors"]),
    .target(name: "Networks", dependencies: ["CKernels", "Formats", "Tensors"]),
    .target(name: "Checkpoints", dependencies: ["Formats"]),
    .target(name: "TextTables", dependencies: ["Formats"]),
    .target(name: "Scoring", dependencies: ["Tensors"]),
    .target(
      name: "Processes", dependencies: ["CSpawn", "Formats"], swiftSettings: unoptimized),

    // Floor 1: arrays, images, bytes
    .target(
      name: "Tensors",
      dependencies: [
        "CKernels", .target(name: "CMPI", condition: .when(traits: ["MPI"])),
      ]),
    .target(name: "Images", dependencies: ["CImageCodecs"]),
    .target(name: "Formats", dependencies: ["CCrypto", "CZip", yams]),

    // Floor 0: our C
    .target(name: "CKernels"),
    .target(name: "CImageCodecs", dependencies: ["CJPEG", "CPNG"]),

    // Floor 0: system libraries
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CSpawn"),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["Datasets", "Images", "Loading", "Networks", "Tensors"],
      path: "Tests/TestSupport", exclude: ["Programs"]),
    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ImagesTests", dependencies: ["Images", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: unoptimized),
    .testTarget(
      name: "FormatsTests", dependencies: ["Formats", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: unoptimized),
    .testTarget(
      name: "ProcessesTests", dependencies: ["Formats", "Processes", "TestSupport"],
      swiftSettings: unoptimized),
    .testTarget(
      name: "CorruptionsTests",
      dependencies: ["Corruptions", "Formats", "Images", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "LoadingTests",
      dependencies: [
        "Datasets", "Formats", "Images", "Loading", "Tensors", "TestSupport", yams,
      ], exclude: ["Fixtures"], swiftSettings: unoptimized),
    .testTarget(
      name: "NetworksTests", dependencies: ["CKernels", "Networks", "Tensors", "TestSupport"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "Formats", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: unoptimized),
    .testTarget(
      name: "TextTablesTests", dependencies: ["Formats", "TestSupport", "TextTables"],
      exclude: ["Fixtures"], swiftSettings: unoptimized),
    .testTarget(
      name: "ScoringTests", dependencies: ["CCrypto", "Scoring", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DatasetsTests",
      dependencies: [
        "Corruptions", "Datasets", "Formats", "Images", "Loading", "Scoring", "Tensors",
        "TestSupport",
      ],
      exclude: ["Fixtures"], swiftSettings: unoptimized),
    .testTarget(
      name: "OptimizationTests",
      dependencies: [
        "Checkpoints", "Formats", "Networks", "Optimization", "Tensors", "TestSupport",
      ], exclude: ["Fixtures"], swiftSettings: unoptimized),
    .testTarget(
      name: "PredictionsTests", dependencies: ["Predictions", "Scoring", "TestSupport"],
      swiftSettings: unoptimized),
    .testTarget(
      name: "RunsTests",
      dependencies: ["Formats", "Predictions", "Runs", "Scoring", "TestSupport"],
      swiftSettings: unoptimized),
    .testTarget(
      name: "PredictionFilesTests",
      dependencies: ["Formats", "PredictionFiles", "Runs", "Scoring", "TestSupport"],
      swiftSettings: unoptimized),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Checkpoints", "Datasets", "Formats", "Loading", "Networks", "Optimization", "Runs",
        "Tensors", "TestSupport", "Training",
      ], swiftSettings: unoptimized),
    .testTarget(
      name: "EvaluationTests",
      dependencies: [
        "Corruptions", "Datasets", "Evaluation", "Formats", "Images", "Loading", "Networks",
        "PredictionFiles", "Predictions", "Runs", "Scoring", "Tensors", "TestSupport",
      ], exclude: ["Fixtures"], swiftSettings: unoptimized),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Evaluation", "Formats", "Reports", "Runs", "Scoring", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: unoptimized),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Checkpoints", "Corruptions", "Datasets", "Formats", "Images", "Loading", "Runs", "Scoring",
        "TestSupport", "mixmo",
      ], exclude: ["Fixtures"], swiftSettings: unoptimized),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer of the readers gets its runtime from `--sanitize fuzzer`, so only `make fuzz` has it.
if Context.environment["MIXMO_FUZZ"] != nil {
  package.targets += [
    .target(name: "CFuzzing", path: "Tests/CFuzzing"),
    .executableTarget(
      name: "Fuzzing",
      dependencies: [
        "CFuzzing", "Checkpoints", "Corruptions", "Datasets", "Evaluation", "Formats", "Images",
        "Loading", "Networks", "PredictionFiles", "Predictions", "Runs", "Scoring", "TextTables",
        "Training",
      ],
      path: "Tests/Fuzzing"),
  ]
}
