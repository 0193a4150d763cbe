import Formats

/// A list of ImageNet's validation pictures that cannot be used.
enum GroundTruthProblem: PictureProblem {
  /// Ids of ILSVRC2012's development kit, and no order of its classes among the outputs of a model.
  case groundTruthWithoutOrder
  /// A line that is no id of the development kit.
  case noGroundTruthID(line: Int, String)
  /// A picture whose name has no number of a line; the number of lines.
  case notInGroundTruth(String, count: Int)
  /// Pictures whose known classes are others.
  case otherGroundTruth([String])

  var message: String {
    switch self {
    case .groundTruthWithoutOrder:
      "the ids of ILSVRC2012's development kit have an order of their own; give the order of the model's "
        + "outputs with --class-order imagenet"
    case .noGroundTruthID(let line, let text):
      "line \(line): expected an id of ILSVRC2012's development kit, from 1 to 1000, found "
        + "\"\(text.oneLine)\"; give a list of indices from 0 another name"
    case .notInGroundTruth(let name, let count):
      "expected pictures with the names of ImageNet's validation pictures, from 1 to the \(count) lines of "
        + "the list, such as ILSVRC2012_val_00000001.JPEG, found \(name.oneLine)"
    case .otherGroundTruth(let names):
      "expected the classes of ImageNet's validation pictures, found others for all of "
        + "\(names.listed(limit: 3)); are they ids of the development kit, or is --class-order another "
        + "one? Ids are read from a file with its name there, ILSVRC2012_validation_ground_truth.txt"
    }
  }
}
