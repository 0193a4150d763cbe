extension PublishedArchive {
  /// Every archive that can be downloaded.
  package static let all = [
    cifar10, cifar10Python, cifar100, cifar100Python, tinyImageNet, cifar10C, cifar100C,
    tinyImageNetC, tinyImageNetCExtra,
  ]

  /// The archive that a user calls `name`.
  package static func named(_ name: String) -> PublishedArchive? {
    all.first { $0.name == name }
  }

  /// Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009).
  private static let toronto = "https://www.cs.toronto.edu/~kriz/"

  private static let cifar10 = PublishedArchive(
    name: "cifar10", fileName: "cifar-10-binary.tar.gz",
    address: toronto + "cifar-10-binary.tar.gz", md5: "c32a1d4ab5d03f1284b67883e8d87530",
    byteCount: 170_052_171, unpackedByteCount: 184_400_000, topFolders: ["cifar-10-batches-bin"],
    destination: "cifar10-data/cifar-10-batches-bin",
    parts: ((1...5).map { "data_batch_\($0)" } + ["test_batch"]).map {
      Part("\($0).bin", byteCount: 30_730_000)
    } + [Part("batches.meta.txt")])

  private static let cifar10Python = PublishedArchive(
    name: "cifar10-python", fileName: "cifar-10-python.tar.gz",
    address: toronto + "cifar-10-python.tar.gz", md5: "c58f30108f718f92721af3b95e74349a",
    byteCount: 170_498_071, unpackedByteCount: 186_300_000, topFolders: ["cifar-10-batches-py"],
    destination: "cifar10-data/cifar-10-batches-py",
    parts: ((1...5).map { "data_batch_\($0)" } + ["test_batch", "batches.meta"]).map { Part($0) })

  private static let cifar100 = PublishedArchive(
    name: "cifar100", fileName: "cifar-100-binary.tar.gz",
    address: toronto + "cifar-100-binary.tar.gz", md5: "03b5dce01913d631647c71ecec9e9cb8",
    byteCount: 168_513_733, unpackedByteCount: 184_500_000, topFolders: ["cifar-100-binary"],
    destination: "cifar100-data/cifar-100-binary",
    parts: [
      Part("train.bin", byteCount: 153_700_000), Part("test.bin", byteCount: 30_740_000),
      Part("fine_label_names.txt"),
    ])

  private static let cifar100Python = PublishedArchive(
    name: "cifar100-python", fileName: "cifar-100-python.tar.gz",
    address: toronto + "cifar-100-python.tar.gz", md5: "eb9058c3a382ffc7106e4002c42a8d85",
    byteCount: 169_001_437, unpackedByteCount: 186_400_000, topFolders: ["cifar-100-python"],
    destination: "cifar100-data/cifar-100-python",
    parts: ["train", "test", "meta"].map { Part($0) })

  private static let tinyImageNet = PublishedArchive(
    name: "tinyimagenet200", fileName: "tiny-imagenet-200.zip",
    address: "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    md5: "90528d7ca1a48142e341f4ef8d21d0de", byteCount: 248_100_043,
    // 120,000 files in blocks of 4096 bytes.
    unpackedByteCount: 500_000_000, topFolders: ["tiny-imagenet-200"],
    destination: "tinyimagenet200-data",
    parts: ["train", "val/images", "val/val_annotations.txt", "wnids.txt", "words.txt"].map {
      Part($0)
    })

  /// Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
  /// Perturbations" (ICLR 2019).
  private static func corrupted(
    _ name: String, file: String, record: Int, md5: String, byteCount: Int? = nil,
    topFolders: [String], destination: String, parts: [String], sharesDestination: Bool = false
  ) -> PublishedArchive {
    PublishedArchive(
      name: name, fileName: file,
      address: "https://zenodo.org/records/\(record)/files/\(file)?download=1", md5: md5,
      byteCount: byteCount, unpackedByteCount: byteCount, topFolders: topFolders,
      destination: destination, parts: parts.map { Part($0) },
      sharesDestination: sharesDestination)
  }

  private static let arrays =
    (CorruptedFiles.benchmark + CorruptedFiles.extra + ["labels"]).map { "\($0).npy" }

  private static let cifar10C = corrupted(
    "cifar10-c", file: "CIFAR-10-C.tar", record: 2_535_967,
    md5: "56bf5dcef84df0e2308c6dcbcbbd8499", byteCount: 2_918_471_680,
    topFolders: ["CIFAR-10-C"], destination: "CIFAR-10-C", parts: arrays)

  private static let cifar100C = corrupted(
    "cifar100-c", file: "CIFAR-100-C.tar", record: 3_555_552,
    md5: "11f0ed0f1191edbf9fa23466ae6021d3", byteCount: 2_918_473_216,
    topFolders: ["CIFAR-100-C"], destination: "CIFAR-100-C", parts: arrays)

  private static let tinyImageNetC = corrupted(
    "tinyimagenet200-c", file: "Tiny-ImageNet-C.tar", record: 8_206_060,
    md5: "f9c9a9dbdc11469f0b850190f7ad8be1", topFolders: ["Tiny-ImageNet-C"],
    destination: "Tiny-ImageNet-C", parts: CorruptedFiles.benchmark, sharesDestination: true)

  private static let tinyImageNetCExtra = corrupted(
    "tinyimagenet200-c-extra", file: "Tiny-ImageNet-C-extra.tar", record: 8_206_060,
    md5: "0db0588d243cf403ef93449ec52b70eb",
    // What its top is called is not published: all that may reasonably stand there.
    topFolders: ["Tiny-ImageNet-C-extra", "Tiny-ImageNet-C", "extra"] + CorruptedFiles.extra,
    destination: "Tiny-ImageNet-C", parts: CorruptedFiles.extra, sharesDestination: true)
}
