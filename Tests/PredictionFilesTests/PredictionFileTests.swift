import Formats
import Foundation
import PredictionFiles
import Runs
import Scoring
import TestSupport
import Testing

struct PredictionFileTests {
  /// Reads predictions whose labels are all 0.
  private func read(
    _ urls: [URL], rowCount: Int, _ configure: (inout PredictionReader) -> Void = { _ in }
  ) throws -> PredictionReader.Rows {
    let labels = urls[0].deletingLastPathComponent().appending(path: "zeros-\(rowCount).npy")
    try NumPyArray.write([Int64](repeating: 0, count: rowCount), shape: [rowCount], to: labels)
    var reader = PredictionReader()
    configure(&reader)
    return try reader.read(urls, labels: labels)
  }

  /// Reads the labels of rows of `classCount` numbers.
  private func labels(
    _ url: URL, rowCount: Int, classCount: Int = 4
  ) throws -> PredictionReader.Rows {
    let predictions = url.deletingLastPathComponent().appending(path: "predictions.npy")
    try NumPyArray.write(
      [Float](repeating: 2, count: rowCount * classCount), shape: [rowCount, classCount],
      to: predictions)
    return try PredictionReader().read([predictions], labels: url)
  }

  private func numbers(_ rows: PredictionReader.Rows) -> [Double] {
    rows.predictions.withNumbers {
      $0.map { Double($0) }
    } float64: {
      Array($0)
    }
  }

  private static let rows: [Float] = [1, 2.5, -3, 0, 0.25, 4]

  @Test func `one array of two or three dimensions, in any floating-point type`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.npy")
    try NumPyArray.write(Self.rows, shape: [2, 3], to: url)
    let two = try read([url], rowCount: 2).predictions
    #expect(two.shape == [2, 1, 3])
    #expect(try two.labeled([0, 2], from: url).values == Self.rows)
    try NumPyArray.write(Self.rows.map(Double.init), shape: [1, 2, 3], to: url)
    let three = try read([url], rowCount: 1).predictions
    #expect(three.shape == [1, 2, 3])
    #expect(try three.labeled([1], from: url).values == Self.rows)
  }

  @Test(arguments: ["1,2.5,-3\n0,0.25,4\n", "a,b,c\r\n1, 2.5, -3\r\n\r\n0,0.25\t, 4\r\n"])
  func `text of a row on each line, after names or none`(text: String) throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("a.csv", holding: Array(text.utf8))
    let array = try read([url], rowCount: 2).predictions
    #expect(array.shape == [2, 1, 3])
    #expect(try array.labeled([0, 0], from: url).values == Self.rows)
  }

  @Test func `files of one member each are the members of an ensemble`() throws {
    let folder = try TemporaryFolder()
    let urls = ["a", "b", "c"].map { folder.file("\($0).npy") }
    for (index, url) in urls.enumerated() {
      try NumPyArray.write(
        Self.rows.map { $0 + 10 * Float(index) }, shape: [2, 3], to: url)
    }
    let array = try read(urls, rowCount: 2).predictions
    #expect(array.shape == [2, 3, 3])
    var expected: [Float] = []
    for row in 0..<2 {
      for member in 0..<3 {
        expected += Self.rows[3 * row..<3 * row + 3].map { $0 + 10 * Float(member) }
      }
    }
    #expect(try array.labeled([0, 1], from: urls[0]).values == expected)
    try NumPyArray.write(Self.rows, shape: [3, 2], to: urls[1])
    #expect(
      message(folder) { _ = try read(urls, rowCount: 2) }
        == "b.npy: expected shape [2, 3] of one member, as the first file has, found [3, 1, 2]")
  }

  @Test func `probabilities are scored as they are`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("p.npy")
    let probabilities: [Float] = [0.5, 0.25, 0.25, 1, 0, 0]
    try NumPyArray.write(probabilities, shape: [2, 3], to: url)
    let rows = try Scorer(threadCount: 1).rows(
      of: .ensemble,
      in: read([url], rowCount: 2) { $0.areProbabilities = true }.predictions
        .labeled([0, 0], from: url)
    ).rows
    #expect(rows.map(\.confidence) == [0.5, 1])
    // The logarithm is within 0.9 units in the last place.
    expectClose(rows.map(\.negativeLogLikelihood), [log(2), 0], absolute: 2e-16)
  }

  @Test func `what are no probabilities is named by file and row`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("p.npy")
    func problem(_ values: [Float]) throws -> String {
      try NumPyArray.write(values, shape: [3, 2], to: url)
      return message(folder) {
        _ = try read([url], rowCount: 3) { $0.areProbabilities = true }.predictions
          .labeled([0, 0, 0], from: url)
      }
    }
    #expect(
      try problem([0.5, 0.5, 1.5, -0.5, 0.5, 0.5])
        == "p.npy: 2 values are no probabilities; the first is 1.5 in row 1, member 0, class 0; "
        + "are they logits?")
    #expect(
      try problem([0.5, 0.5, .nan, 0.5, 0.5, 0.5]).contains("1 values are no probabilities"))
    #expect(
      try problem([0.5, 0.5, 0.25, 0.5, 0.5, 0.25])
        == "p.npy: the probabilities of 2 rows do not sum to 1; the first is row 1, member 0, with 0.75"
    )
  }

  @Test func `wrong numbers and labels are named by file and row`() throws {
    let folder = try TemporaryFolder()
    let (logits, labels) = (folder.file("z.npy"), folder.file("y.npy"))
    func problem(_ values: [Float], _ shape: [Int], _ classes: [Int]) throws -> String {
      try NumPyArray.write(values, shape: shape, to: logits)
      try NumPyArray.write(classes.map(Int64.init), shape: [classes.count], to: labels)
      return message(folder) {
        let rows = try PredictionReader().read([logits], labels: labels)
        _ = try rows.predictions.labeled(rows.labels, from: labels)
      }
    }
    #expect(
      try problem([1, 2, .nan, 4, .infinity, 6], [3, 2], [0, 1, 1])
        == "z.npy: 2 logits are NaN or infinite; the first is row 1, member 0, class 0")
    #expect(
      try problem([1, 2, 3, 4], [2, 2], [0, 2])
        == "y.npy: 1 labels are not in 0..<2; the first is 2 in row 1")
    #expect(
      try problem([1, 2, 3, 4], [2, 2], [0])
        == "y.npy: expected 2 labels, one for each row of predictions, found 1")
    #expect(
      try problem([], [0, 2], [])
        == "z.npy: expected shape [rows, classes] or [rows, members, classes], found [0, 2]")
    #expect(try problem([1, 2], [2], [0, 0]).contains("in shape [2]"))
  }

  @Test func `labels in text are one on each line`() throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("y.txt", holding: Array("label\n3\n0\n".utf8))
    #expect(try labels(url, rowCount: 2).labels == [3, 0])
    let half = try folder.file("h.txt", holding: Array("1\n1.5\n".utf8))
    #expect(
      message(folder) { _ = try labels(half, rowCount: 2) }
        == "h.txt: row 1: expected a class index, found 1.5")
    let other = try folder.file("y.pkl", holding: [])
    #expect(message(folder) { _ = try labels(other, rowCount: 2) }.contains("named .npy"))
  }

  @Test func `whole numbers of every type are labels, in a column as well`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("y.npy")
    func expectLabels(_ values: [some NumPyElement]) throws {
      for shape in [[3], [3, 1], [1, 3]] {
        try NumPyArray.write(values, shape: shape, to: url)
        #expect(try labels(url, rowCount: 3).labels == [0, 1, 2], "\(values) \(shape)")
      }
    }
    try expectLabels([0, 1, 2] as [Double])
    try expectLabels([0, 1, 2] as [Float])
    try expectLabels([0, 1, 2] as [Float16])
    try expectLabels([0, 1, 2] as [UInt64])
    try expectLabels([0, 1, 2] as [Int8])
    try NumPyArray.write([false, true], shape: [2], to: url)
    #expect(try labels(url, rowCount: 2).labels == [0, 1])
    try NumPyArray.write([0, -1, .nan] as [Double], shape: [3], to: url)
    #expect(
      message(folder) { _ = try labels(url, rowCount: 3) }
        == "y.npy: row 2: expected a class index, found nan")
  }

  @Test func `one-hot labels are read, soft ones named`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("y.npy")
    try NumPyArray.write([0, 1, 0, 1, 0, 0] as [Float], shape: [2, 3], to: url)
    let rows = try labels(url, rowCount: 2, classCount: 3)
    #expect(rows.labels == [1, 0])
    #expect(rows.notes.count == 1 && rows.notes[0].contains("one-hot"))
    #expect(message(folder) { _ = try labels(url, rowCount: 2) }.contains("of 4 classes"))
    try NumPyArray.write([0, 1, 0, 0.5, 0.25, 0.25] as [Float], shape: [2, 3], to: url)
    #expect(
      message(folder) { _ = try labels(url, rowCount: 2) }
        .hasPrefix("y.npy: row 1: found 0.5 in an array of shape [2, 3]: soft labels"))
    try NumPyArray.write([0, 1, 0, 1, 1, 0] as [UInt8], shape: [2, 3], to: url)
    #expect(
      message(folder) { _ = try labels(url, rowCount: 2) }.contains("row 1: expected a class"))
    let text = try folder.file("y.csv", holding: Array("cat,dog,ship\n0,1,0\n1,0,0\n".utf8))
    #expect(try labels(text, rowCount: 2, classCount: 3).labels == [1, 0])
  }

  @Test func `one output for each row needs to be called binary`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("z.npy")
    for shape in [[4], [4, 1], [2, 2, 1]] {
      try NumPyArray.write([2.5, -1.25, 0.75, 3] as [Float], shape: shape, to: url)
      #expect(
        message(folder) { _ = try read([url], rowCount: shape[0]) }.contains("--binary takes them"))
      let rows = try read([url], rowCount: shape[0]) { $0.isBinary = true }
      #expect(rows.predictions.shape == [shape[0], 4 / shape[0], 2])
      #expect(numbers(rows) == [0, 2.5, 0, -1.25, 0, 0.75, 0, 3])
    }
    try NumPyArray.write([.max, 3 << 62, 1 << 63, 0] as [UInt64], shape: [4], to: url)
    let large = try read([url], rowCount: 4) { $0.isBinary = true }
    #expect(numbers(large) == [0, 0x1p64, 0, 0x1.8p63, 0, 0x1p63, 0, 0])
    let text = try folder.file("p.csv", holding: Array("p\n0.3\n1\n0\n".utf8))
    let given = try read([text], rowCount: 3) { ($0.isBinary, $0.areProbabilities) = (true, true) }
    #expect(numbers(given) == [1 - 0.3, 0.3, 0, 1, 1, 0])
    #expect(given.predictions.numbers == .probabilities)
    #expect(
      try read([text], rowCount: 3) { $0.isBinary = true }.notes.contains {
        $0.contains("--probabilities")
      })
    let wrong = try folder.file("w.csv", holding: Array("0.3\n1.5\n".utf8))
    #expect(
      message(folder) {
        _ = try read([wrong], rowCount: 2) { ($0.isBinary, $0.areProbabilities) = (true, true) }
      } == "w.csv: row 1: expected the probability of class 1, found 1.5; are they logits, or "
        + "in percent?")
    try NumPyArray.write([1, 2, 3, 4] as [Float], shape: [2, 2], to: url)
    #expect(
      message(folder) { _ = try read([url], rowCount: 2) { $0.isBinary = true } }
        .contains("--binary: expected one number for each row"))
  }

  @Test(arguments: [
    ("cat", "did you mean \"Cat\"?"), ("Dgo", "did you mean \"Dog\"?"),
    ("elephant", "known are Cat, Dog"),
  ])
  func `a column to leave out that is not there is answered with the nearest`(
    name: String, answer: String
  ) throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("z.csv", holding: Array("Cat,Dog\n2.5,0.5\n0.3,1.5\n".utf8))
    var reader = PredictionReader()
    reader.tables.droppedColumns = [name]
    #expect(
      message(folder) {
        let rows = try read([url], rowCount: 2) { $0.tables.droppedColumns = [name] }
        try reader.checkChoices(in: [rows], file: url)
      } == "z.csv: --drop-column \(name): expected a column that a file has; \(answer)")
  }

  @Test func `tables that name the same classes have them in one order`() throws {
    let folder = try TemporaryFolder()
    let texts = [
      "cat,dog\n2.5,0.5\n0.3,1.5\n", "dog,cat\n0.5,2.5\n1.5,0.3\n", "a,b\n2.5,0.5\n0.3,1.5\n",
    ]
    let files = try texts.enumerated().map { index, text in
      let url = folder.file("\(index).csv")
      try AtomicFile.write(text, to: url)
      return url
    }
    func check(_ together: [[URL]]) throws {
      let rows = try together.map { try read($0, rowCount: 2) }
      try PredictionReader().checkChoices(in: rows, file: files[0])
    }
    try check([[files[0], files[2]], [files[0]]])
    for together in [[[files[0], files[1]]], [[files[0]], [files[1]]]] {
      #expect(
        message(folder) { try check(together) }
          == "1.csv: the columns are dog, cat, those of 0.csv are cat, dog; give all files the same "
          + "classes in the same order")
    }
  }

  @Test(
    arguments: [
      (["logits", "labels"], nil, "logits"), (["probs", "y"], nil, "probs"),
      (["outputs", "labels", "filenames"], nil, "outputs"),
      (["logits", "probabilities"], nil, "logits"), (["logits", "softmax"], true, "softmax"),
      (["p", "logits"], false, "logits"), (["testLogits"], nil, "testLogits"),
      (["logits", "logits_ema"], nil, "logits"), (["a", "b"], nil, nil),
      (["train_logits", "test_logits"], nil, nil), (["y_prob", "y_true"], nil, "y_prob"),
      (["log_probs", "labels"], nil, "log_probs"), (["y_score", "y_true"], nil, "y_score"),
    ] as [([String], Bool?, String?)])
  func `the array that is meant is found by its name`(
    names: [String], areProbabilities: Bool?, expected: String?
  ) {
    #expect(ArrayNames(names: names).predictions(areProbabilities: areProbabilities) == expected)
  }

  @Test(
    arguments: [
      (["logits", "labels"], "labels"), (["p", "y"], "y"), (["y_pred", "y_true"], "y_true"),
      (["targets", "labels"], "labels"), (["a_labels", "b_labels"], nil), (["only"], "only"),
    ] as [([String], String?)])
  func `the labels are found by their name`(names: [String], expected: String?) {
    #expect(ArrayNames(names: names).labels == expected)
  }

  @Test func `damaged files of predictions and labels are read or refused, and never trap`() throws
  {
    let folder = try PredictionFolder()
    var generator = SeededGenerator(seed: 8)
    for index in 0..<200 {
      let kinds = RandomTable.Extra.allCases
      let bytes = RandomTable(kinds[index % kinds.count], using: &generator).bytes
      let predictions = try folder.folder.file("z.csv", holding: bytes.mutated(using: &generator))
      let numbers = (0..<bytes.count / 20 + 1).map { "\($0 % 2)\n" }.joined()
      let labels = try folder.folder.file(
        "y.csv", holding: Array(numbers.utf8).mutated(using: &generator))
      for labels in [labels, predictions] {
        do {
          let rows = try folder.read([predictions], labels) {
            $0.isBinary = Bool.random(using: &generator)
            $0.tables.hasHeader = [nil, true, false][index % 3]
          }
          #expect(rows.notes.allSatisfy { $0.hasPrefix(folder.folder.url.path) })
        } catch {
          #expect("\(error)".hasPrefix(folder.folder.url.path), "\(error)")
        }
      }
    }
  }
}
