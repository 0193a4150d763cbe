/// How long a process has waited, by its looks at the clock.
package struct WaitingTime {
  /// What counts at most of the time between two looks: in longer ones the process was stopped, and
  /// could not hear an answer.
  private static let longestPause = Duration.seconds(1)

  /// The time that counts.
  package private(set) var total = Duration.zero
  private var lastLook: ContinuousClock.Instant

  package init(from start: ContinuousClock.Instant) { lastLook = start }

  /// Adds the time since the look before.
  package mutating func look(at now: ContinuousClock.Instant) {
    total += min(now - lastLook, Self.longestPause)
    lastLook = now
  }
}
