import Foundation

/// The arrays of an `.npz` file: a zip archive of `.npy` files, stored or deflated, as `numpy.savez`
/// and `numpy.savez_compressed` write it.
public struct NumPyArchive {
  /// The names of the arrays, without `.npy`, in the order of the archive.
  public let names: [String]
  private let archive: ZipArchive
  private let file: String

  private static let suffix = ".npy"

  /// Opens the archive at `url` without reading the arrays.
  ///
  /// - Throws: `ZipError`, `FileError`, or `FileFormError` for what is recognizably something else.
  public init(contentsOf url: URL) throws {
    archive = try FileForm.naming(url, expecting: .numPyArchive) {
      try ZipArchive(contentsOf: url)
    }
    file = url.path
    names = archive.members.map(\.name).filter { $0.hasSuffix(Self.suffix) }
      .map { String($0.dropLast(Self.suffix.count)) }
  }

  /// Reads one array into memory.
  ///
  /// The declared size is checked against `maximum`, and against what the compressed data can
  /// inflate to, before memory is allocated.
  ///
  /// - Parameters:
  ///   - name: One of `names`.
  ///   - maximum: The limit in bytes, header included; by default four times the archive's size, or
  ///     64 MiB if that is more.
  /// - Returns: The array.
  /// - Throws: `ZipError` for a missing, too large or damaged member, or `NumPyError`.
  public func array(_ name: String, atMost maximum: Int? = nil) throws -> NumPyArray {
    let member = name + Self.suffix
    let maximum = maximum ?? max(4 * archive.byteCount, 1 << 26)
    return try NumPyArray(
      archive.storage(of: member, atMost: maximum), file: "\(file): \(member.oneLine)")
  }
}
