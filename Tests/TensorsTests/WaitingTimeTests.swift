import Tensors
import Testing

struct WaitingTimeTests {
  @Test func `time in which the process was stopped does not count`() {
    let start = ContinuousClock.now
    func time(_ seconds: Double) -> ContinuousClock.Instant {
      start.advanced(by: .seconds(seconds))
    }
    var waiting = WaitingTime(from: start)
    for seconds in [0.25, 0.5, 1.25] { waiting.look(at: time(seconds)) }
    #expect(waiting.total == .seconds(1.25))
    // Stopped for six minutes, of which a second counts.
    waiting.look(at: time(361.25))
    #expect(waiting.total == .seconds(2.25))
  }
}
