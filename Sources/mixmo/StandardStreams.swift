import Foundation

/// The descriptors 0, 1 and 2, which whoever starts the program may have closed.
///
/// The system gives the lowest free descriptor to the next file that is opened: results or messages
/// would be written into it.
enum StandardStreams {
  /// Opens `/dev/null` on those that are closed, before anything else is opened.
  ///
  /// It is opened for the direction that the stream is not used in. So reading and writing fail, as
  /// with a closed stream, and results are not lost in silence.
  static func open() {
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 && errno == EBADF {
      // Those below are open, so this is the lowest that is free.
      _ = Foundation.open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
