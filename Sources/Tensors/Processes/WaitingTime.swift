/// How long a process has waited, measured by looking at the clock again and again.
package struct WaitingTime {
  /// The most that counts of the time between two looks.
  ///
  /// During a longer one the process was stopped, and could not receive an answer.
  private static let longestPause = Duration.seconds(1)

  /// The time that counts.
  package private(set) var total = Duration.zero
  private var lastLook: ContinuousClock.Instant

  package init(from start: ContinuousClock.Instant) { lastLook = start }

  /// Adds the time since the previous look.
  package mutating func look(at now: ContinuousClock.Instant) {
    total += min(now - lastLook, Self.longestPause)
    lastLook = now
  }
}
