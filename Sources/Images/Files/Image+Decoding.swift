extension Image {
  /// The longest side that is read from a file, in pixels.
  public static let maximumSide = 16384

  /// The number of pixels up to which a file is read unless the caller says otherwise.
  public static let defaultMaximumPixelCount = 1 << 22

  /// Decodes a PNG or JPEG file; its first bytes tell which, not its name.
  ///
  /// The pixels are those of Pillow's `Image.open(file).convert("RGB")`:
  ///
  /// - Gray becomes three equal channels; 1, 2 and 4 bits spread over 0...255.
  /// - Alpha and transparent colors are dropped, not blended.
  /// - 16 bits become their high 8. (Pillow does so for color and for gray with alpha, but clips plain
  ///   gray at 255, which turns almost every pixel white.)
  /// - The four inks of a CMYK or YCCK JPEG are taken to be inverted, as Adobe writes them.
  /// - Gamma, color profiles and the EXIF orientation are not applied.
  ///
  /// Stricter than Pillow, a file with a sign of damage is an error: one cut short, a wrong
  /// checksum in what the pixels need, an index beyond the palette, a corrupt code. Memory is
  /// allocated only once the size is found within the limits: 3 bytes a pixel, for a progressive JPEG
  /// up to 8 more, and 16 MiB at most beside these.
  ///
  /// - Parameters:
  ///   - bytes: The contents of the file.
  ///   - file: The name of the file in errors.
  ///   - maximumPixelCount: The largest height × width that is decoded.
  /// - Throws: `ImageError` for a file that is neither PNG nor JPEG, too large, damaged, or a JPEG of
  ///   an unsupported kind.
  public init(
    decoding bytes: [UInt8], file: String, maximumPixelCount: Int = defaultMaximumPixelCount
  ) throws(ImageError) {
    self = try bytes.withUnsafeBufferPointer { bytes throws(ImageError) in
      try Image(
        decoding: UnsafeRawBufferPointer(bytes), file: file, maximumPixelCount: maximumPixelCount)
    }
  }

  /// Decodes a PNG or JPEG file in memory of any kind, as from an array.
  ///
  /// - Parameters:
  ///   - bytes: The contents of the file.
  ///   - file: The name of the file in errors.
  ///   - maximumPixelCount: The largest height × width that is decoded.
  /// - Throws: `ImageError` as from an array.
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
