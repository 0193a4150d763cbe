import CCrypto
import CZip

/// The versions of the libraries that read zip archives and compute hashes, as they are loaded.
package enum LibraryVersions {
  /// That of libzip, such as `1.7.3`.
  package static var zip: String { String(cString: zip_libzip_version()) }
  /// That of libcrypto with its date, such as `OpenSSL 3.0.19 27 Jan 2026`.
  package static var crypto: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }
}
