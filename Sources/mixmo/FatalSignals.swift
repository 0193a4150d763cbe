import Foundation

/// Says what happened where the system ends the program, in a sentence instead of a crash.
enum FatalSignals {
  /// Signals that end a program that is refused memory.
  private static let signals = [SIGABRT, SIGSEGV, SIGILL, SIGTRAP]

  /// What the runtime does with each of them.
  ///
  /// Written once, before there is another thread. The system writes whole structures, so they lie in
  /// memory of their full size, which a Swift global need not have.
  nonisolated(unsafe) private static let earlier =
    UnsafeMutablePointer<sigaction>.allocate(capacity: signals.count)

  static func explain() {
    signal(SIGBUS) { _ in
      FatalSignals.end(
        """
        Error: a file became shorter while it was read, or its disk failed; leave files as they are \
        while they are read, and check the disk

        """)
    }
    // A file beyond the limit (ulimit -f) is then an error of writing it.
    signal(SIGXFSZ, SIG_IGN)
    var action = sigaction()
    action.sa_flags = Int32(SA_ONSTACK)
    action.__sigaction_handler.sa_handler = { FatalSignals.handle($0) }
    for (index, number) in signals.enumerated() {
      (earlier + index).initialize(to: sigaction())
      sigaction(number, &action, earlier + index)
    }
  }

  /// Ends the program with a message after memory was refused; any other signal is left to the
  /// runtime, which tells where the program is wrong.
  private static func handle(_ number: Int32) {
    if errno == ENOMEM {
      end(
        """
        Error: the system refuses more memory; allow more (ulimit -v, or the limit of the container), \
        or use fewer --threads

        """)
    }
    for (index, signal) in signals.enumerated() where signal == number {
      sigaction(number, earlier + index, nil)
    }
    raise(number)
  }

  /// Only what a signal's handler may do.
  private static func end(_ text: StaticString) {
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(1)
  }
}
