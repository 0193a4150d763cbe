import Formats
import Foundation
import Loading

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
          return form.digests.sorted { $0.key < $1.key }.map { name, md5 in
            folder.check(name, md5: md5) { try pickleFindings(in: $0, form) }
          }
        }
      }
    }
  }

  /// The number of a pickle's images, which are read; nothing of other files.
  private func pickleFindings(in url: URL, _ form: CIFARForm) throws -> Findings {
    guard let (split, names) = form.files.first(where: { $0.value.contains(url.lastPathComponent) })
    else { return Findings() }
    let file = try CIFARFile(url, form.encoding, classCount: classCount)
    let (expected, found) = ((imageCounts[split] ?? 0) / names.count, file.labels.count)
    return Findings(
      imageCount: found,
      differences: found == expected ? [] : ["expected \(expected) images, found \(found)"])
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
      findings.compare(counts.prefix(classCount), expected: expected.imageCount / classCount)
    } else if count != expected.imageCount {
      findings.differences.append("expected \(expected.imageCount) images, found \(count)")
    }
    return findings
  }
}
