import CImageCodecs

/// The image file formats that are read and written.
public enum ImageFormat: String, Sendable {
  /// Portable Network Graphics of 1 to 16 bits.
  case png = "PNG"
  /// Baseline or progressive JPEG of 8 bits.
  case jpeg = "JPEG"

  /// Recognizes the format of a file by its first bytes.
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

// MARK: Reading

extension Image {
  /// The limit on the height and width of image files, in pixels.
  public static let maximumSide = 16384

  /// The default limit on the number of pixels of image files.
  public static let defaultMaximumPixelCount = 1 << 22

  /// Decodes a PNG or JPEG file, recognized by its first bytes.
  ///
  /// The pixels are those of Pillow's `Image.open(file).convert("RGB")`:
  ///
  /// - Gray becomes three equal channels; 1, 2 and 4 bits are scaled to 0...255.
  /// - Alpha and transparent colors are dropped, not blended.
  /// - 16 bits are reduced to the high 8. (Pillow does so for color and for gray with alpha, but clips
  ///   plain gray at 255, which turns almost every pixel white.)
  /// - CMYK and YCCK JPEG files are assumed to be inverted, as Adobe's programs write them.
  /// - Gamma, color profiles and the EXIF orientation are not applied.
  ///
  /// Stricter than Pillow, any sign of damage is an error: truncation, a wrong checksum of a chunk that
  /// the pixels need, an index outside the palette, a corrupt code. Memory is allocated only after the
  /// size has been checked: 3 bytes per pixel, for a progressive JPEG up to 8 more, and at most 16 MiB
  /// in addition.
  ///
  /// - Parameters:
  ///   - bytes: The contents of the file.
  ///   - file: The file's name in errors.
  ///   - maximumPixelCount: The limit on height × width.
  /// - Throws: `ImageError` for a file that is neither PNG nor JPEG, too large, damaged, or of an
  ///   unsupported kind of JPEG.
  public init(
    decoding bytes: [UInt8], file: String, maximumPixelCount: Int = defaultMaximumPixelCount
  ) throws(ImageError) {
    self = try bytes.withUnsafeBufferPointer { bytes throws(ImageError) in
      try Image(
        decoding: UnsafeRawBufferPointer(bytes), file: file, maximumPixelCount: maximumPixelCount)
    }
  }

  /// Decodes a PNG or JPEG file in a buffer, as from an array.
  ///
  /// - Parameters:
  ///   - bytes: The contents of the file.
  ///   - file: The file's name in errors.
  ///   - maximumPixelCount: The limit on height × width.
  /// - Throws: `ImageError`, as from an array.
  public init(
    decoding bytes: UnsafeRawBufferPointer, file: String,
    maximumPixelCount: Int = defaultMaximumPixelCount
  ) throws(ImageError) {
    guard let format = ImageFormat(bytes) else {
      throw ImageError(file: file, problem: .notAnImage(firstBytes: Array(bytes.prefix(8))))
    }
    let reader = try ImageFileReader(bytes, format: format, file: file)
    try reader.checkSize(maximumSide: Self.maximumSide, maximumPixelCount: maximumPixelCount)
    self = try reader.image()
  }
}

/// An image file whose header has been read; the bytes must outlive it.
private struct ImageFileReader: ~Copyable {
  private let format: ImageFormat
  private let file: String
  private let reader: UnsafeMutablePointer<ImageReader>

  init(
    _ bytes: UnsafeRawBufferPointer, format: ImageFormat, file: String
  ) throws(ImageError) {
    var failure = ImageFailure()
    let open =
      switch format {
      case .png: openPNG
      case .jpeg: openJPEG
      }
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    guard let reader = open(start, bytes.count, &failure) else {
      throw failure.error(reading: format, file)
    }
    self.format = format
    self.file = file
    self.reader = reader
  }

  deinit {
    reader.pointee.close(reader)
  }

  func checkSize(maximumSide: Int, maximumPixelCount: Int) throws(ImageError) {
    let (width, height) = (reader.pointee.width, reader.pointee.height)
    guard max(width, height) <= maximumSide, width * height <= maximumPixelCount else {
      throw ImageError(
        file: file,
        problem: .dimensionsTooLarge(
          width: width, height: height, maximumSide: maximumSide,
          maximumPixelCount: maximumPixelCount))
    }
  }

  /// Decodes the pixels; the size must have been checked.
  consuming func image() throws(ImageError) -> Image {
    let (width, height) = (reader.pointee.width, reader.pointee.height)
    let count = height * width * 3
    var failure = ImageFailure()
    var isComplete = false
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      isComplete = reader.pointee.read(reader, buffer.baseAddress, &failure) != 0
      initializedCount = isComplete ? count : 0
    }
    guard isComplete else {
      throw failure.error(reading: format, file)
    }
    return Image(height: height, width: width, pixels: pixels)
  }
}

extension ImageFailure {
  fileprivate func error(reading format: ImageFormat, _ file: String) -> ImageError {
    ImageError(
      file: file, offset: position,
      problem: isUnsupported != 0 ? .unsupported(format, text) : .damaged(format, text))
  }

  /// The reason, a zero-terminated string.
  fileprivate var text: String {
    withUnsafeBytes(of: reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

// MARK: Writing

extension Image {
  /// Encodes the image as a PNG file: 8-bit RGB without time stamp or other metadata.
  ///
  /// Equal pixels give equal bytes with the same versions of libpng and zlib.
  ///
  /// - Parameter file: The file's name in errors.
  /// - Returns: The contents of the file, which decode to exactly this image.
  /// - Throws: `ImageError` for an image without pixels.
  public func png(file: String) throws(ImageError) -> [UInt8] {
    try encoded(as: .png, file: file) { pixels, buffer, failure in
      writePNG(pixels, width, height, &buffer, &failure)
    }
  }

  /// Encodes the image as a baseline JPEG file with 4:2:0 chroma subsampling, as Pillow's
  /// `save(file, quality=…, optimize=…)` does.
  ///
  /// - Parameters:
  ///   - quality: From 1 to 100, as libjpeg scales its quantization tables.
  ///   - optimizesTables: Whether the Huffman tables are the shortest for this image, in place of libjpeg's
  ///     standard ones; pixels are the same.
  ///   - file: The file's name in errors.
  /// - Returns: The contents of the file.
  /// - Throws: `ImageError` for a quality out of range, an image without pixels, or one larger than JPEG
  ///   allows.
  public func jpeg(
    quality: Int, optimizesTables: Bool = false, file: String
  ) throws(ImageError) -> [UInt8] {
    guard 1...100 ~= quality else {
      throw ImageError(file: file, problem: .qualityOutOfRange(quality))
    }
    return try encoded(as: .jpeg, file: file) { pixels, buffer, failure in
      writeJPEG(
        pixels, width, height, Int32(quality), optimizesTables ? 1 : 0, &buffer, &failure)
    }
  }

  private func encoded(
    as format: ImageFormat, file: String,
    write: (UnsafePointer<UInt8>?, inout ByteBuffer, inout ImageFailure) -> Int32
  ) throws(ImageError) -> [UInt8] {
    guard height > 0, width > 0 else {
      throw ImageError(file: file, problem: .emptyImage(width: width, height: height))
    }
    precondition(pixels.count == height * width * 3, "\(pixels.count) bytes for \(height)×\(width)")
    var buffer = ByteBuffer()
    var failure = ImageFailure()
    defer { freeByteBuffer(&buffer) }
    let isWritten = pixels.withUnsafeBufferPointer { write($0.baseAddress, &buffer, &failure) }
    guard isWritten != 0 else {
      throw ImageError(file: file, problem: .unwritable(format, failure.text))
    }
    return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
  }
}

// MARK: Errors

/// An image file that cannot be read, or an image that cannot be written to a file.
public struct ImageError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The number of bytes of a damaged file that had been read; for JPEG, up to the last whole block.
  public let offset: Int?
  /// What is wrong.
  public let problem: Problem

  /// Creates an error.
  public init(file: String, offset: Int? = nil, problem: Problem) {
    self.file = file
    self.offset = offset
    self.problem = problem
  }

  /// What can be wrong with an image file.
  public enum Problem: Equatable, Sendable {
    /// Neither PNG nor JPEG; the first bytes.
    case notAnImage(firstBytes: [UInt8])
    /// More pixels than the caller allows, or a side above `Image.maximumSide`.
    case dimensionsTooLarge(width: Int, height: Int, maximumSide: Int, maximumPixelCount: Int)
    /// Truncated or corrupt data; the message of libpng or libjpeg.
    case damaged(ImageFormat, String)
    /// A kind of file that is not read; libjpeg's message.
    case unsupported(ImageFormat, String)
    /// An image without pixels, which neither format can represent.
    case emptyImage(width: Int, height: Int)
    /// A JPEG quality outside of 1...100.
    case qualityOutOfRange(Int)
    /// The image cannot be encoded; the message of libpng or libjpeg.
    case unwritable(ImageFormat, String)
  }

  public var description: String {
    "\(file): \(offset.map { "byte \($0): " } ?? "")\(problem.description)"
  }
}

extension ImageError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAnImage(let firstBytes):
      "not an image: expected a PNG file (89 50 4E 47) or a JPEG file (FF D8 FF), found "
        + (firstBytes.isEmpty ? "no bytes" : Self.hexadecimal(firstBytes))
    case .dimensionsTooLarge(let width, let height, let maximumSide, let maximumPixelCount):
      "\(width)×\(height) pixels, expected at most \(maximumSide) a side and "
        + "\(maximumPixelCount) in all"
    case .damaged(let format, let reason): "damaged \(format.rawValue) file: \(reason)"
    case .unsupported(let format, let reason): "unsupported \(format.rawValue) file: \(reason)"
    case .emptyImage(let width, let height):
      "an image of \(width)×\(height) pixels, expected at least 1×1"
    case .qualityOutOfRange(let quality): "JPEG quality \(quality), expected 1 to 100"
    case .unwritable(let format, let reason):
      "cannot be written as a \(format.rawValue) file: \(reason)"
    }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
      .joined(separator: " ")
  }
}
