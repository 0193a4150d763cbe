import Foundation
import Synchronization
import Tensors

/// A verification of the files of a data set, in the folder that they would be read from: whether
/// they are there, have the published sizes and hashes, and hold the expected labels and images.
package struct DatasetVerification: Sendable {
  let checks: [VerificationCheck]

  /// Looks for the data set below the folder `data`.
  ///
  /// - Throws: `DatasetError.notFound` with the folders tried, or `.misnamed`.
  package init(_ dataset: VerifiedDataset, in data: URL) throws {
    var tried: [URL] = []
    var checks: [VerificationCheck] = []
    for form in dataset.forms(data) {
      let urls = form.folders.map(data.subfolder)
      tried += urls.filter { !tried.contains($0) }
      if let index = form.index(in: urls) {
        checks += form.checks(VerifiedFolder(url: urls[index], path: form.folders[index]))
      }
    }
    guard !checks.isEmpty else {
      let explanations = dataset.forms(data).lazy.compactMap { form in
        form.explanation(form.folders.map(data.subfolder))
      }
      throw explanations.first ?? DatasetError.absence(of: dataset.name, in: tried)
    }
    self.checks = checks
  }

  /// The number of bytes to hash; 0 where no file has a published hash.
  package var hashedByteCount: Int { checks.reduce(0) { $0 + $1.hashedByteCount } }
  /// The number of files and folders to check.
  package var checkCount: Int { checks.count }

  /// Runs all checks.
  ///
  /// - Parameters:
  ///   - workers: The threads that the checks run on.
  ///   - advanced: Called with the number of bytes hashed so far, from any thread.
  ///   - checked: Called with the number of files and folders checked so far, from any thread.
  ///   - isInterrupted: Whether to stop; called before each check and each piece of a file.
  /// - Returns: A record for each file or folder, in an order that does not depend on the threads.
  /// - Throws: `CancellationError`.
  package func run(
    workers: Workers, advanced: @Sendable (Int) -> Void = { _ in },
    checked: @Sendable (Int) -> Void = { _ in }, isInterrupted: @Sendable () -> Bool = { false }
  ) throws -> [VerificationRecord] {
    let (hashed, finished) = (AtomicCount(), AtomicCount())
    return try workers.map(checks.count) { index in
      if isInterrupted() { throw CancellationError() }
      defer { checked(finished.adding(1)) }
      return try checks[index].run { count in
        advanced(hashed.adding(count))
        if isInterrupted() { throw CancellationError() }
      }
    }
  }
}

/// A sum that several threads add to.
private final class AtomicCount: Sendable {
  private let sum = Atomic(0)

  /// Adds `count`, and returns the new sum.
  func adding(_ count: Int) -> Int { sum.add(count, ordering: .relaxed).newValue }
}

/// A data set that can be verified.
package struct VerifiedDataset: Sendable {
  /// The name that users give.
  package let name: String
  /// The forms that it comes in below a data folder.
  let forms: @Sendable (URL) -> [VerifiedForm]
}

/// A folder that holds a data set.
struct VerifiedFolder: Sendable {
  let url: URL
  /// Its path relative to the data folder; empty for that folder itself.
  let path: String

  func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url(name).path)
  }

  func url(_ name: String) -> URL { url.appendingPathComponent(name) }

  func path(_ name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }

  /// A check of the file or folder `name`.
  func check(
    _ name: String, byteCount: Int? = nil, md5: String? = nil,
    inspect: @escaping @Sendable (URL) throws -> Findings = { _ in Findings() }
  ) -> VerificationCheck {
    VerificationCheck(
      path: path(name), url: url(name), byteCount: byteCount, md5: md5, inspect: inspect)
  }
}

/// A form that the files of a data set come in.
struct VerifiedForm: Sendable {
  /// The folders that the files may be in, relative to the data folder.
  let folders: [String]
  /// The names of files that tell the right folder: the first folder that has any name of the first
  /// list; if there is none, of the second list; and so on.
  let marks: [[String]]
  let checks: @Sendable (VerifiedFolder) -> [VerificationCheck]
  /// Why none of the folders has the files, where that can be told.
  var explanation: @Sendable ([URL]) -> DatasetError? = { _ in nil }

  /// The index of the first of `folders` that has the files.
  func index(in folders: [URL]) -> Int? {
    marks.lazy.compactMap { names in
      folders.firstIndex { folder in
        names.contains {
          FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
      }
    }.first
  }
}
