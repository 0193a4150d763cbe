import Formats
import Foundation

extension VerifiedForm {
  /// The forms of a data set in CIFAR's files.
  static func cifar(_ kind: DatasetKind) -> [VerifiedForm] {
    CIFARForm.all(of: kind).map { form in
      VerifiedForm(
        places: CIFARForm.homes(of: kind).filter { $0.form.folder == form.folder }.map(\.home),
        marks: [form.files.values.flatMap { $0 }]
      ) { folder in
        switch form.encoding {
        case .binary(let labelSize):
          let labels = RecordLabels(size: labelSize, classCount: kind.classCount)
          return DatasetSplit.allCases.flatMap { split in
            records(CIFARPart(kind: kind, split: split), form.files[split] ?? [], labels, folder)
          } + classNames(kind, folder)
        case .python:
          let digests =
            kind == .cifar100 ? PublishedDigests.cifar100Python : PublishedDigests.cifar10Python
          return digests.sorted { $0.key < $1.key }.map { folder.check($0.key, md5: $0.value) }
        }
      }
    }
  }

  /// A check of each file of a part, and one of what only all of them together can show.
  private static func records(
    _ part: CIFARPart, _ names: [String], _ labels: RecordLabels, _ folder: VerifiedFolder
  ) -> [VerificationCheck] {
    func check(_ name: String, inspect: @escaping @Sendable (URL) throws -> Findings)
      -> VerificationCheck
    {
      folder.check(
        name, byteCount: part.isEven ? part.imageCount / names.count * labels.recordSize : nil,
        md5: part.kind == .cifar100 ? PublishedDigests.cifar100Binary[name] : nil,
        inspect: inspect)
    }
    if names.count == 1 {
      return [check(names[0]) { try labels.findings(in: [$0], of: part) }]
    }
    let files = names.map { check($0) { try labels.findings(in: [$0]) } }
    // A file that is missing has its line already.
    guard names.allSatisfy(folder.has) else { return files }
    let all = VerificationCheck(path: folder.path("data_batch_*.bin"), url: folder.url) { _ in
      try labels.findings(in: names.map(folder.url), of: part)
    }
    return files + [all]
  }

  private static func classNames(
    _ kind: DatasetKind, _ folder: VerifiedFolder
  ) -> [VerificationCheck] {
    let names: String
    switch kind {
    case .cifar10: names = "batches.meta.txt"
    case .cifar100: names = "fine_label_names.txt"
    case .digits, .tinyimagenet200: return []
    }
    return [
      folder.check(names) { url in
        let text = String(decoding: try FileContents.read(url, limit: 1 << 16), as: UTF8.self)
        let count = text.split(whereSeparator: \.isNewline).count
        return Findings(
          problems: count == kind.classCount
            ? [] : ["expected \(kind.classCount) names, found \(count)"])
      }
    ]
  }
}

/// How many images one part of a data set has.
private struct CIFARPart: Sendable {
  let kind: DatasetKind
  let split: DatasetSplit

  /// Whether all files have equally many images, and all classes.
  var isEven: Bool { kind != .digits }

  var imageCount: Int {
    switch (kind, split) {
    case (.digits, .train): Digits.trainCount
    case (.digits, .test): Digits.imageCount - Digits.trainCount
    case (_, .train): 50_000
    case (_, .test): 10_000
    }
  }
}

/// The labels of records of `size` label bytes, the last of which is the class, and an image.
private struct RecordLabels: Sendable {
  let size: Int
  let classCount: Int

  var recordSize: Int { size + CIFARForm.imageSize }

  /// Counts the records of `urls` and their classes.
  ///
  /// - Parameters:
  ///   - urls: The files.
  ///   - part: What all of them together must have.
  /// - Returns: The number of records, and what is not as expected.
  /// - Throws: `FileError`.
  func findings(in urls: [URL], of part: CIFARPart? = nil) throws -> Findings {
    var counts = [Int](repeating: 0, count: 256)
    var findings = Findings()
    for url in urls {
      let file = try ByteStorage(mapping: url)
      file.withBytes { bytes in
        for offset in stride(from: size - 1, to: bytes.count, by: recordSize) {
          counts[Int(bytes[offset])] += 1
        }
        let rest = bytes.count % recordSize
        if rest != 0 {
          findings.problems.append("ends with \(rest) of the \(recordSize) bytes of a record")
        }
      }
    }
    let count = counts.reduce(0, +)
    findings.imageCount = count
    if let label = counts.indices.last(where: { $0 >= classCount && counts[$0] > 0 }) {
      findings.problems.append("expected labels from 0 to \(classCount - 1), found \(label)")
    }
    guard let part else { return findings }
    if part.isEven {
      findings.problems += ClassCounts.problems(
        counts.prefix(classCount), expected: part.imageCount / classCount)
    } else if count != part.imageCount {
      findings.problems.append("expected \(part.imageCount) images, found \(count)")
    }
    return findings
  }
}
