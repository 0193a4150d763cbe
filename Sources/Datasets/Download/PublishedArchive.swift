import Foundation

/// An archive that a data set is published as, and the folder that its contents go to.
package struct PublishedArchive: Sendable {
  /// The name that users give.
  package let name: String
  /// The name of the archive's file.
  package let fileName: String
  /// The addresses it can be received from: the one it is published at, then those of mirrors that
  /// hold the same bytes.
  package let addresses: [String]
  /// The published MD5, 32 hexadecimal digits.
  package let md5: String
  /// The size of the archive in bytes, if it is published.
  package let byteCount: Int?
  /// About the bytes that the unpacked files take, if known.
  package let unpackedByteCount: Int?
  /// The folders that the archive may have at its top level; one of them holds the contents.
  package let topFolders: [String]
  /// The folder that the contents go to, relative to the data folder.
  package let destination: String
  /// The files and folders that must be among the contents.
  package let parts: [Part]
  /// Whether another archive has the same destination, so that parts are moved there one by one.
  package let sharesDestination: Bool

  /// A file or folder of the contents.
  package struct Part: Sendable, Equatable {
    /// The path relative to the destination.
    package let path: String
    /// The size of a file in bytes; nil if it is not checked.
    package let byteCount: Int?

    package init(_ path: String, byteCount: Int? = nil) {
      self.path = path
      self.byteCount = byteCount
    }
  }

  package init(
    name: String, fileName: String, addresses: [String], md5: String, byteCount: Int? = nil,
    unpackedByteCount: Int? = nil, topFolders: [String], destination: String, parts: [Part],
    sharesDestination: Bool = false
  ) {
    self.name = name
    self.fileName = fileName
    self.addresses = addresses
    self.md5 = md5
    self.byteCount = byteCount
    self.unpackedByteCount = unpackedByteCount
    self.topFolders = topFolders
    self.destination = destination
    self.parts = parts
    self.sharesDestination = sharesDestination
  }

  /// The paths of the parts that are missing in `folder`, or have another size.
  func missingParts(in folder: URL) -> [String] {
    parts.filter { part in
      var status = stat()
      guard stat(folder.appendingPathComponent(part.path).path, &status) == 0 else { return true }
      return part.byteCount.map { $0 != status.st_size } ?? false
    }.map(\.path)
  }

  /// The address of a file on Zenodo.
  static func zenodo(_ record: Int, _ file: String) -> String {
    "https://zenodo.org/records/\(record)/files/\(file)?download=1"
  }

  /// An archive of corrupted images on Zenodo, at its page and at its programming interface.
  ///
  /// Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions
  /// and perturbations", arXiv 1903.12261.
  static func zenodo(
    _ name: String, file: String, record: Int, md5: String, byteCount: Int? = nil,
    topFolders: [String], destination: String, parts: [String], sharesDestination: Bool = false
  ) -> PublishedArchive {
    PublishedArchive(
      name: name, fileName: file,
      addresses: [
        zenodo(record, file), "https://zenodo.org/api/records/\(record)/files/\(file)/content",
      ], md5: md5, byteCount: byteCount, unpackedByteCount: byteCount, topFolders: topFolders,
      destination: destination, parts: parts.map { Part($0) },
      sharesDestination: sharesDestination)
  }
}
