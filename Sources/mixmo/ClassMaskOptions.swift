import ArgumentParser
import Datasets
import Evaluation
import Foundation
import PredictionFiles

/// Which classes of a model are compared in files of predictions.
struct ClassMaskOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Compare the columns of the classes that --labels has alone, as ImageNet-A and ImageNet-R are scored "
        + "with a model of ImageNet's 1000 classes."))
  var maskClasses = false

  @Option(
    help: ArgumentHelp(
      "With --mask-classes, what labels 0, 1, … stand for where they are no indices of columns: a folder "
        + "whose folders are the classes, in the order of the bytes of their names, or a file with a name on "
        + "each line.", valueName: "dir|file"))
  var labelClasses: String?

  @Option(
    help: ArgumentHelp(
      "With --label-classes, all classes in the order of the columns: imagenet, the sorted WordNet "
        + "identifiers of ImageNet's 1000 classes, or a file with a name on each line.",
      valueName: "imagenet|file"))
  var classOrder: String?

  func validate() throws {
    guard (labelClasses == nil) == (classOrder == nil) else {
      throw ValidationError(
        "--label-classes and --class-order go together: the classes of the labels and of the columns."
      )
    }
    guard maskClasses || labelClasses == nil else {
      throw ValidationError(
        "--label-classes and --class-order are for --mask-classes; give it, or leave them out.")
    }
  }

  /// The mask; nil where none was asked for.
  ///
  /// - Throws: What `ClassMask.init(ofLabels:among:)` throws.
  var mask: ClassMask? {
    get throws {
      guard maskClasses else { return nil }
      guard let labelClasses, let classOrder else { return ClassMask() }
      return try ClassMask(
        ofLabels: ClassOrder(labelClasses), among: ClassOrder(classOrder))
    }
  }
}
