import Formats
import Foundation
import TestSupport
import Testing

/// Whatever stops a training, the same command goes on and ends in the bytes of a run left alone.
struct SurvivalTests {
  /// How often the soak kills its run; set `MIXMO_SOAK_KILLS` for another number.
  private static let killCount =
    ProcessInfo.processInfo.environment["MIXMO_SOAK_KILLS"].flatMap { Int($0) } ?? 10

  /// A run of quick epochs, of 4 steps each.
  private func workspace(epochs: Int) throws -> Workspace {
    try Workspace(epochs: epochs, trainCount: 16, testCount: 8, ["batch_size": "4"])
  }

  /// Sleeps for less than `seconds`.
  private func pause(below seconds: Double, _ random: inout SeededGenerator) {
    Thread.sleep(forTimeInterval: Double.random(in: 0..<seconds, using: &random))
  }

  @Test func `a run killed at many moments ends in the same bytes`() throws {
    // A kill comes within two epochs and a pause, so that the run is never at its end too early.
    let workspace = try workspace(epochs: 5 * Self.killCount)
    try workspace.trainUndisturbed()
    var random = SeededGenerator(seed: 11)
    for kill in 0..<Self.killCount {
      let run = try RunningMixmo(workspace.train(save: "killed", "--json"))
      run.waitForEpochs(Int.random(in: 0...2, using: &random))
      pause(below: 0.05, &random)
      run.send(SIGKILL)
      #expect(run.end() == nil, "kill \(kill) came too late")
    }
    let last = try MixmoProcess(workspace.train(save: "killed"))
    #expect(last.status == 0, "\(last.errors)")
    try workspace.expectSameRun("killed")
  }

  @Test func `a signal stops after a step, which the same command goes on from`() throws {
    let (epochCount, stepCount) = (25, 4)
    let workspace = try workspace(epochs: epochCount)
    try workspace.trainUndisturbed()
    let save = workspace.path("stopped/small")
    var random = SeededGenerator(seed: 12)
    var goingOn: String?
    var stepsInside = 0
    for signal in [SIGTERM, SIGINT, SIGINT, SIGTERM, SIGINT] {
      let run = try RunningMixmo(workspace.train(save: "stopped", "--json"))
      let first = run.nextLine()
      if let goingOn { #expect(first == goingOn) }
      run.waitForEpochs(Int.random(in: 0...2, using: &random))
      pause(below: 0.05, &random)
      run.send(signal)
      #expect(run.end() == 130)
      let message = try #require(run.lines.last)
      let match = try #require(
        message.wholeMatch(
          of:
            /(.*): interrupted after step (\d+) of epoch (\d+), and saved; run the same command to continue/
        ), "\(run.lines)")
      let (step, epoch) = (try #require(Int(match.2)), try #require(Int(match.3)))
      #expect(match.1 == save)
      if step < stepCount { stepsInside += 1 }
      goingOn =
        "\(save): resuming after epoch \(epoch - 1) of \(epochCount), step \(step) of the next"
    }
    #expect(stepsInside > 0, "no signal came inside an epoch")
    let last = try MixmoProcess(workspace.train(save: "stopped"))
    #expect(last.status == 0, "\(last.errors)")
    #expect(last.errors.split(separator: "\n").first.map(String.init) == goingOn)
    try workspace.expectSameRun("stopped")
  }

  /// A run stopped after its second epoch.
  private func stoppedRun(_ workspace: Workspace, save: String) throws {
    let run = try RunningMixmo(workspace.train(save: save, "--json"))
    run.waitForEpochs(2)
    run.send(SIGTERM)
    try #require(run.end() == 130, "\(run.lines)")
  }

  @Test func `an interrupted run that started over goes on without --from-scratch`() throws {
    let workspace = try workspace(epochs: 50)
    let run = try RunningMixmo(workspace.train(save: "runs", "--from-scratch"))
    run.nextLine()
    run.send(SIGTERM)
    #expect(run.end() == 130)
    #expect(
      run.lines.last?.hasSuffix("run the same command without --from-scratch to continue")
        == true, "\(run.lines)")
  }

  @Test(arguments: [false, true])
  func `a full disk is named with the file, and leaves what there was`(isLastDamaged: Bool) throws {
    let workspace = try workspace(epochs: 12)
    try workspace.trainUndisturbed()
    try stoppedRun(workspace, save: "full")
    if isLastDamaged {
      try AtomicFile.write([1, 2, 3], to: workspace.folder.file("full/small/last.ckpt"))
    }
    let before = try workspace.files("full/small")
    // 64 kB hold every file but a checkpoint.
    let full = try MixmoProcess(workspace.train(save: "full"), fileSizeLimit: 128)
    #expect(full.status == 1)
    #expect(
      full.errors.contains(
        /full\/small\/(last|checkpoint_epoch_\d+)\.ckpt: cannot be written: .*File too large; check/
      ),
      "\(full.errors)")
    let after = try workspace.files("full/small")
    #expect(after.keys.filter { $0.contains("partial") } == [])
    for (name, bytes) in before where name != "previous.ckpt" || isLastDamaged {
      let isSame = after[name] == bytes
      #expect(isSame, "\(name)")
    }
    let last = try MixmoProcess(workspace.train(save: "full"))
    #expect(last.status == 0, "\(last.errors)")
    try workspace.expectSameRun("full")
  }

  enum Damage: CaseIterable { case cut, flipped, emptied, cutTwice }

  @Test func `a damaged checkpoint is named with the one taken instead`() throws {
    let workspace = try workspace(epochs: 12)
    try workspace.trainUndisturbed()
    try stoppedRun(workspace, save: "stopped")
    for damage in Damage.allCases {
      let save = "\(damage)"
      try FileManager.default.copyItem(
        at: workspace.folder.file("stopped"), to: workspace.folder.file(save))
      let names = damage == .cutTwice ? ["last.ckpt", "previous.ckpt"] : ["last.ckpt"]
      for name in names {
        var bytes = try workspace.bytes("\(save)/small/\(name)")
        switch damage {
        case .cut, .cutTwice: bytes.removeLast(bytes.count / 3)
        case .flipped: bytes[bytes.count / 3] ^= 16
        case .emptied: bytes = []
        }
        try AtomicFile.write(bytes, to: workspace.folder.file("\(save)/small/\(name)"))
      }
      let last = try MixmoProcess(workspace.train(save: save))
      #expect(last.status == 0, "\(last.errors)")
      let warnings = last.errors.split(separator: "\n").filter { $0.contains("; going back to ") }
      #expect(warnings.count == names.count, "\(last.errors)")
      let instead = damage == .cutTwice ? "checkpoint_epoch_" : "previous.ckpt"
      for (name, warning) in zip(names, warnings) {
        #expect(warning.hasPrefix("warning: \(workspace.path("\(save)/small/\(name)")): "))
        #expect(
          warning.contains("; going back to \(workspace.path("\(save)/small/\(instead)"))"),
          "\(warning)")
      }
      try workspace.expectSameRun(save)
    }
  }
}
