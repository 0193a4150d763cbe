import Foundation
import Testing

/// An evaluation that a signal stops says how to go on, and exits with 130.
struct InterruptionTests {
  private func evaluation(_ place: Place, _ output: String) -> [String] {
    place.evaluate(
      save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
      "--corruption", "brightness", "--bootstrap", "0", "--output", place.path(output))
  }

  @Test func `an interrupted evaluation goes on with the same command`() throws {
    // So many images to test that an evaluation takes a while.
    let place = try Place.trained(testCount: 300)
    let whole = try MixmoProcess(evaluation(place, "whole"))
    try #require(whole.status == 0, "\(whole.errors)")
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      let run = try RunningMixmo(evaluation(place, "\(signal)"))
      // The first batch is predicted.
      run.nextLine()
      run.send(signal)
      #expect(run.end() == 130)
      let message = try #require(run.lines.last)
      #expect(
        message.contains(/^interrupted; run the same command to continue from [a-z]+-[0-5]$/),
        "\(run.lines)")
      let rest = try MixmoProcess(evaluation(place, "\(signal)"))
      #expect(rest.status == 0 && rest.output == whole.output, "\(rest.errors)")
    }
  }

  @Test func `what nohup starts outlives its terminal`() throws {
    let place = try Place.trained(testCount: 300)
    let run = try RunningMixmo(evaluation(place, "out"), byNohup: true)
    run.nextLine()
    run.send(SIGHUP)
    #expect(run.end() == 0, "\(run.lines)")
  }

  @Test func `after a training that started over it goes on without --from-scratch`() throws {
    // So many images to test that the evaluation takes a while.
    let place = try Place(epochs: 1, trainCount: 16, testCount: 300)
    let run = try RunningMixmo(place.train(save: "runs", "--from-scratch"))
    while let line = run.nextLine(), !line.hasSuffix(": the best epoch") {}
    run.send(SIGTERM)
    #expect(run.end() == 130)
    #expect(
      run.lines.last?.hasPrefix("interrupted; run the same command without --from-scratch ") == true,
      "\(run.lines)")
  }
}
