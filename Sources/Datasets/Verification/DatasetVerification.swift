import Foundation
import Synchronization
import Tensors

/// A look at the files of a data set in the place where they would be read from: whether they are
/// there, of the right size and hash where these are published, and hold what they should.
package struct DatasetVerification: Sendable {
  /// A data set that can be verified, by the name that users give.
  package enum Name: String, CaseIterable, Sendable {
    case cifar10, cifar100, tinyimagenet200
    case cifar10C = "cifar10-c"
    case cifar100C = "cifar100-c"
    case tinyimagenet200C = "tinyimagenet200-c"
    case digits
  }

  let checks: [VerificationCheck]

  /// Looks for the data set below the folder `data`.
  ///
  /// - Throws: `DatasetError.notFound` with the places looked in.
  package init(_ name: Name, in data: URL) throws {
    var places: [URL] = []
    var checks: [VerificationCheck] = []
    for form in name.forms(in: data) {
      let urls = form.places.map { $0.isEmpty ? data : data.appendingPathComponent($0) }
      places += urls.filter { !places.contains($0) }
      if let index = form.index(in: urls) {
        checks += form.checks(VerifiedFolder(url: urls[index], path: form.places[index]))
      }
    }
    guard !checks.isEmpty else {
      throw DatasetError.notFound(dataset: name.rawValue, places: places)
    }
    self.checks = checks
  }

  /// The bytes that are hashed.
  package var hashedByteCount: Int { checks.reduce(0) { $0 + $1.hashedByteCount } }

  /// Looks at everything, in the same order for any number of workers.
  ///
  /// - Parameters:
  ///   - workers: What the checks are shared among.
  ///   - advanced: Called with the bytes hashed so far, from any thread.
  ///   - isInterrupted: Asked for each piece whether to stop.
  /// - Returns: A record for each file or folder.
  /// - Throws: `CancellationError`.
  package func run(
    workers: Workers, advanced: @Sendable (Int) -> Void = { _ in },
    isInterrupted: @Sendable () -> Bool = { false }
  ) throws -> [VerificationRecord] {
    let hashed = Atomic(0)
    return try workers.map(checks.count) { index in
      if isInterrupted() { throw CancellationError() }
      return try checks[index].run { count in
        advanced(hashed.add(count, ordering: .relaxed).newValue)
        if isInterrupted() { throw CancellationError() }
      }
    }
  }
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

/// A form that a data set comes in.
struct VerifiedForm: Sendable {
  /// The folders it may be in, relative to the data folder.
  let places: [String]
  /// The names of which one at least is in its folder; those of the next list where no folder has any
  /// of the first.
  let marks: [[String]]
  let checks: @Sendable (VerifiedFolder) -> [VerificationCheck]

  /// The first of `folders` that has it.
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

extension DatasetVerification.Name {
  fileprivate func forms(in data: URL) -> [VerifiedForm] {
    switch self {
    case .cifar10: VerifiedForm.cifar(.cifar10)
    case .cifar100: VerifiedForm.cifar(.cifar100)
    case .digits: VerifiedForm.cifar(.digits)
    case .cifar10C: [.corruptedArrays(of: .cifar10, PublishedDigests.cifar10C)]
    case .cifar100C: [.corruptedArrays(of: .cifar100, PublishedDigests.cifar100C)]
    case .tinyimagenet200: [.tinyImageNet(in: data)]
    case .tinyimagenet200C: [.corruptedFolders(in: data)]
    }
  }
}
