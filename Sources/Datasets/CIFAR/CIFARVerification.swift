import Formats
import Foundation

extension CIFAR {
  func verifiedForms(in data: URL) -> [VerifiedForm] {
    forms.map { form in
      VerifiedForm(
        folders: candidateFolders(of: form), marks: [form.files.values.flatMap { $0 }]
      ) { folder in
        switch form.encoding {
        case .binary(let labelSize):
          let labels = RecordLabels(size: labelSize, classCount: classCount)
          return DatasetSplit.allCases.flatMap { split in
            fileChecks(of: split, form, labels, folder)
          } + classNameChecks(folder)
        case .python:
          return form.digests.sorted { $0.key < $1.key }.map {
            folder.check($0.key, md5: $0.value)
          }
        }
      }
    }
  }

  /// A check of each file of a part; if there are several, also one of all of them together.
  private func fileChecks(
    of split: DatasetSplit, _ form: CIFARForm, _ labels: RecordLabels, _ folder: VerifiedFolder
  ) -> [VerificationCheck] {
    let names = form.files[split] ?? []
    let imageCount = imageCounts[split] ?? 0
    let whole = RecordLabels.Expected(imageCount: imageCount, isBalanced: isBalanced)
    func check(_ name: String, inspect: @escaping @Sendable (URL) throws -> Findings)
      -> VerificationCheck
    {
      folder.check(
        name, byteCount: isBalanced ? imageCount / names.count * labels.recordSize : nil,
        md5: form.digests[name], inspect: inspect)
    }
    if names.count == 1 {
      return [check(names[0]) { try labels.findings(in: [$0], whole) }]
    }
    let files = names.map { check($0) { try labels.findings(in: [$0]) } }
    // If a file is missing, its own check reports it.
    guard names.allSatisfy(folder.has) else { return files }
    let all = VerificationCheck(path: folder.path("data_batch_*.bin"), url: folder.url) { _ in
      try labels.findings(in: names.map(folder.url), whole)
    }
    return files + [all]
  }

  private func classNameChecks(_ folder: VerifiedFolder) -> [VerificationCheck] {
    guard let classNamesFile else { return [] }
    return [
      folder.check(classNamesFile) { url in
        let text = try FileText.read(url, limit: 1 << 16, expecting: "the names of the classes")
        let count = text.split(whereSeparator: \.isNewline).count
        return Findings(
          problems: count == classCount ? [] : ["expected \(classCount) names, found \(count)"])
      }
    ]
  }
}

/// The labels of records of `size` label bytes, the last of which is the class, and an image.
private struct RecordLabels: Sendable {
  let size: Int
  let classCount: Int

  var recordSize: Int { size + CIFARForm.imageSize }

  /// The images that all files of a part together must have.
  struct Expected: Sendable {
    let imageCount: Int
    /// Whether all classes have equally many.
    let isBalanced: Bool
  }

  /// Counts the records of `urls` and their classes.
  ///
  /// - Parameters:
  ///   - urls: The files.
  ///   - expected: The images that the files must have; nil if they are only some of a part's.
  /// - Returns: The number of records, and what is not as expected.
  /// - Throws: `FileError`.
  func findings(in urls: [URL], _ expected: Expected? = nil) throws -> Findings {
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
    guard let expected else { return findings }
    if expected.isBalanced {
      findings.problems += ClassCounts.problems(
        counts.prefix(classCount), expected: expected.imageCount / classCount)
    } else if count != expected.imageCount {
      findings.problems.append("expected \(expected.imageCount) images, found \(count)")
    }
    return findings
  }
}

extension CIFAR {
  /// An array for each corruption, and one of labels.
  func corruptedForms(in data: URL) -> [VerifiedForm] {
    let list = ArrayBenchmark.labelsName
    let names = ArrayBenchmark.fileNames.filter { $0 != list }.sorted()
    let digests = corruptedDigests
    return [
      VerifiedForm(folders: corruptedFolders, marks: [[list], names]) { folder in
        names.map { folder.check($0, md5: digests[$0], inspect: imageFindings) }
          + [folder.check(list, md5: digests[list], inspect: labelFindings)]
      } explanation: {
        ArrayBenchmark.misnamed(corruptedName, in: $0)
      }
    ]
  }

  private var imagesPerSeverity: Int { imageCounts[.test] ?? 0 }
  private var severityCount: Int { ArrayBenchmark.severityCount }

  private func imageFindings(in url: URL) throws -> Findings {
    let array = try NumPyArray(contentsOf: url)
    let shape = [severityCount * imagesPerSeverity, imageSide, imageSide, 3]
    guard array.shape == shape, array.elementType == .uint8 else {
      return Findings(problems: [
        "expected uint8 \(shape), found \(array.elementType) \(array.shape)"
      ])
    }
    return Findings(imageCount: array.rowCount)
  }

  private func labelFindings(in url: URL) throws -> Findings {
    let array = try NumPyArray(contentsOf: url)
    guard array.shape == [severityCount * imagesPerSeverity] else {
      return Findings(problems: [
        "expected \([severityCount * imagesPerSeverity]) labels, found \(array.shape)"
      ])
    }
    let labels = try array.wholeNumbers()
    let first = labels.prefix(imagesPerSeverity)
    guard let range = labels.min().flatMap({ low in labels.max().map { low...$0 } }),
      range.lowerBound >= 0, range.upperBound < classCount
    else { return Findings(problems: ["expected labels from 0 to \(classCount - 1)"]) }
    for severity in 1..<severityCount {
      let start = severity * imagesPerSeverity
      guard labels[start..<start + imagesPerSeverity].elementsEqual(first) else {
        return Findings(problems: ["the labels of severity \(severity + 1) are not those of 1"])
      }
    }
    var counts = [Int](repeating: 0, count: classCount)
    for label in first { counts[label] += 1 }
    return Findings(
      problems: ClassCounts.problems(counts, expected: imagesPerSeverity / classCount))
  }
}
