import CImageCodecs

/// The versions of the libraries that read and write image files.
package enum CodecVersions {
  /// That of libpng as it is loaded, such as `1.6.39`.
  package static var png: String { String(cString: versionOfPNG()) }
  /// That of libjpeg-turbo as it was compiled with, such as `2.1.5`.
  package static var jpeg: String { String(cString: versionOfJPEG()) }
}
