import Foundation

/// An archive that a data set is published as, and where its contents belong.
package struct PublishedArchive: Sendable {
  /// What a user calls it.
  package let name: String
  /// The name of the archive's file.
  package let fileName: String
  /// The address it is published at.
  package let address: String
  /// The published MD5, 32 hexadecimal digits.
  package let md5: String
  /// The size of the archive in bytes, where it is published.
  package let byteCount: Int?
  /// About what the unpacked files take, in bytes, where known.
  package let unpackedByteCount: Int?
  /// The folders that the archive may have at its top; one of them holds the contents.
  package let topFolders: [String]
  /// Where the contents go, relative to the data folder.
  package let destination: String
  /// What must be among the contents.
  package let parts: [Part]
  /// Whether another archive has the same destination, so that the parts go there one by one.
  package let sharesDestination: Bool

  /// A file or folder of the contents.
  package struct Part: Sendable, Equatable {
    /// The path relative to the destination.
    package let path: String
    /// The size in bytes of a file that is always the same.
    package let byteCount: Int?

    package init(_ path: String, byteCount: Int? = nil) {
      self.path = path
      self.byteCount = byteCount
    }
  }

  package init(
    name: String, fileName: String, address: String, md5: String, byteCount: Int? = nil,
    unpackedByteCount: Int? = nil, topFolders: [String], destination: String, parts: [Part],
    sharesDestination: Bool = false
  ) {
    self.name = name
    self.fileName = fileName
    self.address = address
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
}
