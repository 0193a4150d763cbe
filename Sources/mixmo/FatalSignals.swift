import Foundation

/// Says what happened where the system ends the program, in a sentence instead of a crash.
enum FatalSignals {
  /// What the runtime does with the signals that end a program that is refused memory.
  ///
  /// Written once, before there is another thread.
  nonisolated(unsafe) private static var earlier = (
    abort: sigaction(), segment: sigaction(), illegal: sigaction(), trap: sigaction()
  )

  static func explain() {
    signal(SIGBUS) { _ in
      FatalSignals.end("Error: a file became shorter while it was read, or its disk failed\n")
    }
    var action = sigaction()
    action.sa_flags = Int32(SA_ONSTACK)
    action.__sigaction_handler.sa_handler = { FatalSignals.handle($0) }
    sigaction(SIGABRT, &action, &earlier.abort)
    sigaction(SIGSEGV, &action, &earlier.segment)
    sigaction(SIGILL, &action, &earlier.illegal)
    sigaction(SIGTRAP, &action, &earlier.trap)
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
    switch number {
    case SIGABRT: sigaction(number, &earlier.abort, nil)
    case SIGSEGV: sigaction(number, &earlier.segment, nil)
    case SIGILL: sigaction(number, &earlier.illegal, nil)
    default: sigaction(number, &earlier.trap, nil)
    }
    raise(number)
  }

  /// Only what a signal's handler may do.
  private static func end(_ text: StaticString) {
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(1)
  }
}
