import Foundation
import Synchronization

/// Whether the user asked the program to stop, by SIGINT or SIGTERM.
enum Interruption {
  private static let requested = Atomic(false)

  /// From here on the signals ask to stop between two steps; a second one ends the program at once.
  static func listen() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signalNumber in [SIGINT, SIGTERM] {
      sigaddset(&signals, signalNumber)
      signal(signalNumber) { number in
        Interruption.request()
        signal(number, SIG_DFL)
      }
    }
    // Who started this program may have blocked them.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  private static func request() { requested.store(true, ordering: .relaxed) }
}
