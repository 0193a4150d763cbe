import ArgumentParser
import Foundation
import Synchronization

/// Whether the user asked the program to stop, by SIGINT, SIGTERM or SIGHUP.
enum Interruption {
  private static let requested = Atomic(false)

  /// From here on the signals ask to stop between two steps; a second SIGINT or SIGTERM ends the
  /// program at once.
  static func listen() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signalNumber in [SIGINT, SIGTERM, SIGHUP] {
      sigaddset(&signals, signalNumber)
      let earlier = signal(signalNumber) { number in
        Interruption.request()
        // A terminal that closes may send SIGHUP twice.
        if number != SIGHUP { signal(number, SIG_DFL) }
      }
      // What nohup starts outlives its terminal.
      if signalNumber == SIGHUP, address(of: earlier) == address(of: SIG_IGN) {
        signal(SIGHUP, SIG_IGN)
      }
    }
    // Who started this program may have blocked them.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Ends the program with 130 if it was asked to stop, saying how to go on.
  static func check(
    _ terminal: Terminal, _ bar: ProgressBar, saying advice: @autoclosure () -> String
  ) throws {
    guard isRequested else { return }
    bar.finish()
    terminal.say("interrupted; \(advice())")
    throw ExitCode(130)
  }

  /// The command that continues after an interruption: one that starts over would not.
  static func sameCommand(startsOver: Bool) -> String {
    startsOver ? "the same command without --from-scratch" : "the same command"
  }

  private static func request() { requested.store(true, ordering: .relaxed) }

  /// Functions cannot be compared.
  private static func address(of handler: sighandler_t?) -> Int {
    unsafeBitCast(handler, to: Int.self)
  }
}
