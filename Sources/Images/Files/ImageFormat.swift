/// The kinds of image file that are read and written.
public enum ImageFormat: String, Sendable {
  /// Portable Network Graphics, 1 to 16 bits.
  case png = "PNG"
  /// JPEG, baseline or progressive, of 8 bits.
  case jpeg = "JPEG"

  /// The format of a file, by its first bytes.
  init?(_ bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }
}
