import Foundation

/// Scalars of one step, as TensorBoard shows them.
public struct ScalarEvent: Sendable, Equatable {
  /// The step, by convention counted from the beginning of the run.
  public let step: Int
  /// Seconds since 1970.
  public let wallTime: Double
  /// The values in the order of the file.
  public let scalars: [Scalar]

  /// One value and its name; slashes in names make groups.
  public struct Scalar: Sendable, Equatable {
    /// The name.
    public let tag: String
    /// The value, which may be infinite or no number.
    public let value: Float

    /// The value `value` named `tag`.
    public init(_ tag: String, _ value: Float) {
      self.tag = tag
      self.value = value
    }
  }

  /// Scalars of the step `step`, which came to be now or at `wallTime`.
  public init(
    step: Int, wallTime: Double = Date().timeIntervalSince1970, scalars: [Scalar]
  ) {
    self.step = step
    self.wallTime = wallTime
    self.scalars = scalars
  }
}

extension ScalarEvent {
  /// The scalars of `event`; nil where it has none.
  init?(_ event: TensorBoard_Event) {
    let scalars = event.summary.value.compactMap { value in
      value.value == nil ? nil : Scalar(value.tag, value.simpleValue)
    }
    guard !scalars.isEmpty else { return nil }
    self.init(step: Int(event.step), wallTime: event.wallTime, scalars: scalars)
  }

  var event: TensorBoard_Event {
    .with {
      $0.wallTime = wallTime
      $0.step = Int64(step)
      $0.summary.value = scalars.map { scalar in
        .with {
          $0.tag = scalar.tag
          $0.simpleValue = scalar.value
        }
      }
    }
  }
}
