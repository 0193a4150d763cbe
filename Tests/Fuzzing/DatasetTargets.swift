import Datasets
import Foundation
import Images
import Loading

extension Target {
  static let cifar = Target(
    name: "cifar", maximumLength: 6200,
    seeds: { try cifarFixtures("cifar-10-batches-bin", "cifar-100-binary") },
    read: { input in
      input.link("binary/cifar-10-batches-bin/test_batch.bin")
      input.link("binary/cifar-100-binary/test.bin")
      readCIFAR(input, in: "binary")
    })

  static let cifarPython = Target(
    name: "cifar-python", maximumLength: 9600,
    words: pickleWords + ["data", "labels", "fine_labels", "uint8", "u1", "i8"],
    seeds: {
      try cifarFixtures(
        "cifar-10-batches-py", "cifar-100-python", "repickled-1", "repickled-4-floats",
        "repickled-4-bytes", "repickled-4-rows", "repickled-4-one-hot", "repickled-4-one-hot-lists")
    },
    read: { input in
      input.link("python/cifar-10-batches-py/test_batch")
      input.link("python/cifar-100-python/test")
      readCIFAR(input, in: "python")
    })

  /// The number of bytes of `labels.npy`, `labels.npy`, and a corruption's file, for a clean set of two
  /// images of 2×2 pixels.
  static let cifarC = Target(
    name: "cifar-c", maximumLength: 1024,
    seeds: {
      let labels = npy("|i1", [10], (0..<10).map { UInt8($0 % 2) })
      let images = npy("|u1", [10, 2, 2, 3], (0..<120).map { UInt8($0) })
      return [Seed(name: "both", bytes: [UInt8(labels.count)] + labels + images)]
    },
    read: { input in
      let labelCount = Int(input.bytes.first ?? 0)
      labelFile.hold(Array(input.bytes.dropFirst().prefix(labelCount)))
      input.file.hold(Array(input.bytes.dropFirst(1 + labelCount)))
      input.link("corrupted/CIFAR-10-C/labels.npy", to: labelFile)
      input.link("corrupted/CIFAR-10-C/fog.npy")
      let image = Image(height: 2, width: 2, pixels: [UInt8](repeating: 0, count: 12))
      let clean = InMemoryDataset(
        name: "clean", classCount: 2, imageSide: 2, labels: [0, 1], images: [image, image])
      let benchmark = try DatasetKind.cifar10.benchmark(
        of: clean, in: Input.folder.appendingPathComponent("corrupted"), names: ["fog"],
        isPartial: false)
      for cell in benchmark.cells { try use(benchmark.images(of: cell)) }
    })

  private static let labelFile = MemoryFile()

  private static func npy(_ descr: String, _ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    let extents = shape.map { "\($0)," }.joined()
    let header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(extents)), }\n"
    return [0x93] + Array("NUMPY\u{1}\0".utf8) + [UInt8(header.utf8.count), 0] + header.utf8 + bytes
  }

  /// The files of some forms; two records of a binary one are enough.
  private static func cifarFixtures(_ forms: String...) throws -> [Seed] {
    let root = "DatasetsTests/Fixtures/cifar"
    return try forms.flatMap { form in
      try Seed.fixtures("\(root)/\(form)").map { file in
        let record = form.hasSuffix("-bin") ? 3073 : form.hasSuffix("-binary") ? 3074 : 4800
        return Seed(name: "\(form)-\(file.name)", bytes: Array(file.bytes.prefix(2 * record)))
      }
    }
  }

  private static func readCIFAR(_ input: Input, in folder: String) {
    let data = Input.folder.appendingPathComponent(folder)
    input.attempt { try use(DatasetKind.cifar10.read(.test, in: data)) }
    input.attempt { try use(DatasetKind.cifar100.read(.test, in: data)) }
  }
}

/// Reads all the images.
func use(_ dataset: any Dataset) throws {
  for index in dataset.labels.indices {
    precondition((0..<dataset.classCount).contains(dataset.labels[index]))
    let image = try dataset.image(at: index)
    precondition(image.height == dataset.imageSide && image.width == dataset.imageSide)
  }
}
