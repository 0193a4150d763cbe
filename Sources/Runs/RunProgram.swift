extension RunRecord {
  /// Somebody's program that predicted.
  package struct Program: Codable, Sendable, Equatable {
    /// The command as it was given, a line for the shell.
    package var command: String
    /// SHA-256 of each file that the command names, and of those that were named beside it.
    package var files: [String: String]
    /// What it answers: `logits` or `probabilities`.
    package var answers: String
    /// The images of a batch.
    package var batch: Int
    /// The number of classes that it answers, where those of the images alone are compared; nil where all are.
    package var classes: Int?

    package init(command: String, files: [String: String], answers: String, batch: Int) {
      self.command = command
      self.files = files
      self.answers = answers
      self.batch = batch
    }
  }

  /// What tells one program from another, by name; batches may be of another size.
  var programFields: [String: String] {
    guard let program else { return ["command of the program": "none"] }
    let fields = [
      "command of the program": program.command, "answers of the program": program.answers,
      "classes of the program (--mask-classes)": program.classes.map { "\($0)" } ?? "all compared",
    ]
    return program.files.reduce(into: fields) {
      $0["program's file \($1.key)"] = "SHA-256 \($1.value)"
    }
  }
}

extension RunRecord.Inputs {
  /// How a folder of pictures was read, by the options that were given.
  package struct Pictures: Codable, Sendable, Equatable {
    /// The file of labels.
    package var labels: String?
    /// The classes in their order: `imagenet`, or a file.
    package var classOrder: String?
    /// Whether the outputs of other classes than those of the pictures were not compared; nil where not.
    package var masksClasses: Bool?
    /// The classes whose pictures were left out, since no corrupted copies were at hand; nil for none.
    package var leftOut: [String]?
    /// The length of the short side that pictures are resized to.
    package var resize: Int?
    /// The side of the square that is cropped.
    package var crop: Int?
    /// The label of pictures that were left out; nil where none was.
    package var ignoredLabel: Int?

    package init(
      labels: String?, classOrder: String?, resize: Int?, crop: Int?, ignoredLabel: Int? = nil
    ) {
      self.labels = labels
      self.classOrder = classOrder
      self.resize = resize
      self.crop = crop
      self.ignoredLabel = ignoredLabel
    }
  }
}
