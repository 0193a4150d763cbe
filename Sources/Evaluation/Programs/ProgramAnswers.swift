// B images of a batch, M members, K classes.

import Datasets
import Formats
import Foundation
import PredictionFiles
import Predictions
import Runs
import Scoring
import Synchronization
import Tensors

/// The answers of a program: a thread writes batches, up to two ahead of the one that the program is at,
/// while the next is made and answers are read.
final class ProgramAnswers: ModelAnswers {
  private let process: ProgramProcess
  private let settings: ProgramModel.Settings
  private let writer: BatchWriter
  private let reader: AnswerReader
  /// The form of all answers, once the first is there.
  private var form: PredictionArray?
  private var isFinished = false
  /// Whether the program had ended when nothing more came.
  private var hasEnded = false

  init(
    _ process: ProgramProcess, _ settings: ProgramModel.Settings,
    _ next: @escaping @Sendable () throws -> ImageBatch?
  ) {
    self.process = process
    self.settings = settings
    reader = AnswerReader(process.output)
    writer = BatchWriter(to: process.input, makingWith: settings.workers, next)
  }

  deinit { stop() }

  func stop() {
    writer.stop()
    process.stop()
  }

  func next() throws -> PredictionArray? {
    guard !isFinished else { return nil }
    guard let batch = try nextBatch() else {
      isFinished = true
      try finish()
      return nil
    }
    let array = try read(for: batch)
    let answer = try checked(array, for: batch)
    writer.didAnswer()
    return answer
  }

  /// Waits for the batch that is to be answered next; nil after the last.
  private func nextBatch() throws -> WrittenBatch? {
    while true {
      switch try writer.state() {
      case .batch(let batch): return batch
      case .complete: return nil
      case .making:
        try checkInterruption(nil)
        writer.waitForBatch()
      }
    }
  }

  // MARK: Reading

  private func read(for batch: WrittenBatch) throws -> NumPyArray {
    let place = batch.images.place
    do {
      return try reader.array(
        checking: { header in
          guard writer.isRead(batch) else { throw ProgramFault(.early) }
          try check(header, for: batch)
        },
        waiting: { try wait(at: batch) })
    } catch let fault as ProgramFault {
      throw settings.error(fault.problem, at: place)
    } catch let error as NumPyError {
      throw settings.error(.unreadable(error.problem), at: place)
    } catch is AnswerReader.Closed {
      throw settings.error(endProblem(), at: place)
    }
  }

  /// Called while nothing comes: finds out why.
  private func wait(at batch: WrittenBatch) throws {
    try checkInterruption(batch.images.cell)
    _ = try writer.state()
    if let end = process.ended() {
      // What it wrote just before its end is read first.
      guard hasEnded else { return hasEnded = true }
      throw ProgramFault(.ended(end, messages: process.messages.lastLines()))
    }
    let quiet = min(reader.lastTime.duration(to: .now), writer.lastTime.duration(to: .now))
    if quiet > .seconds(settings.patience) {
      throw ProgramFault(.silent(seconds: settings.patience, hasRead: writer.isRead(batch)))
    }
  }

  private func checkInterruption(_ cell: Cell?) throws {
    if settings.isInterrupted() { throw EvaluationError.interrupted(.predicting(cell ?? .clean)) }
  }

  /// Why its output has ended.
  private func endProblem() -> ProgramError.Problem {
    let end = process.waitForEnd(seconds: 2)
    let messages = process.messages.lastLines()
    return end.map { .ended($0, messages: messages) } ?? .closedOutput(messages: messages)
  }

  // MARK: Checking

  /// Checks what the header says before memory is taken for the numbers.
  private func check(_ header: NumPyArray.Header, for batch: WrittenBatch) throws {
    guard [.float16, .float32, .float64].contains(header.elementType) else {
      throw ProgramFault(.otherType(header.elementType.description))
    }
    let (shape, count) = (header.shape, batch.images.range.count)
    guard (2...3).contains(shape.count), shape[0] == count, !shape.contains(0),
      shape.count == 2 || shape[1] <= ProgramModel.mostMembers
    else {
      throw ProgramFault(
        .otherShape(expected: "[\(count), K] or [\(count), M, K]", found: shape))
    }
    guard shape[shape.count - 1] == settings.classCount else {
      throw ProgramFault(
        .otherClasses(expected: settings.classCount, found: shape[shape.count - 1]))
    }
  }

  private func checked(_ array: NumPyArray, for batch: WrittenBatch) throws -> PredictionArray {
    let (images, place) = (batch.images, batch.images.place)
    let answer = try PredictionArray(
      array, as: settings.numbers, file: URL(fileURLWithPath: "answer"))
    func words(_ answer: PredictionArray) -> String {
      "\(answer.memberCount) members, \(answer.classCount) classes and \(answer.elementType)"
    }
    if let form, words(form) != words(answer) {
      throw settings.error(.changed(expected: words(form), found: words(answer)), at: place)
    }
    form = form ?? answer
    do {
      return try answer.comparing(settings.outputs)
    } catch let error as PredictionFileError {
      throw settings.error(Self.problem(error, firstRow: images.range.lowerBound), at: place)
    }
  }

  private static func problem(
    _ error: PredictionFileError, firstRow: Int
  ) -> ProgramError.Problem {
    switch error.problem {
    case .unusable(.notFinite(let count, let row, _, _)):
      .notFinite(count: count, firstRow: firstRow + row)
    case .unusable(let error): .unusable(error, firstRow: firstRow)
    case let other: .unsuitable("\(other)")
    }
  }

  // MARK: The end

  /// Waits for the program's end after its last answer.
  private func finish() throws {
    let patience = min(Double(settings.patience), ProgramModel.endPatience)
    let rest = reader.rest(until: Date(timeIntervalSinceNow: patience)) { process.ended() != nil }
    if let rest { throw settings.error(.unasked(beginning: rest), at: nil) }
    switch process.waitForEnd(seconds: patience) {
    case .exit(0): break
    case let end?:
      settings.warn(
        "--model: the program ended with \(end) after its last answer; the results are complete")
    case nil:
      settings.warn(
        "--model: the program did not end within \(Int(patience)) seconds after its input did, and is "
          + "ended; the results are complete")
    }
  }
}

/// What is wrong, before it is known where.
struct ProgramFault: Error {
  let problem: ProgramError.Problem

  init(_ problem: ProgramError.Problem) { self.problem = problem }
}
