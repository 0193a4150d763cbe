/// What the names of columns say about them.
enum ColumnNames {
  /// What a column of this name holds, if it is no class: nil if it may be one.
  static func otherContent(of name: String) -> String? {
    let word = normalized(name)
    if word.isEmpty { return "may number the rows" }
    if labels.contains(word) { return "is named as labels are" }
    if predictions.contains(word) { return "is named as predicted classes are" }
    if scores.contains(word) { return "is named as a measure of the whole row is" }
    if rows.contains(word) || word.hasPrefix("unnamed") { return "is named as row names are" }
    return nil
  }

  /// Whether a column of this name holds the labels.
  static func isLabel(_ name: String) -> Bool { labels.contains(normalized(name)) }

  /// The letters and digits of a name, in lower case: `True label` and `true_label` are one.
  private static func normalized(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "#" || !$0.isASCII }
  }

  private static let labels: Set = [
    "label", "labels", "labelid", "labelidx", "labelindex", "class", "classes", "classid",
    "classidx", "classindex", "classlabel", "target", "targets", "y", "ytrue", "ytest", "yval",
    "truelabel", "truelabels", "trueclass", "truth", "groundtruth", "gt", "gtlabel", "goldlabel",
  ]

  private static let predictions: Set = [
    "prediction", "predictions", "pred", "preds", "predicted", "predictedlabel", "predictedclass",
    "predlabel", "predclass", "ypred", "yhat", "argmax", "correct", "iscorrect",
  ]

  private static let scores: Set = [
    "confidence", "confidences", "conf", "maxprob", "msp", "loss", "losses", "nll", "crossentropy",
    "entropy", "uncertainty", "margin", "severity", "seed", "epoch", "weight", "timestamp",
  ]

  private static let rows: Set = [
    "id", "ids", "idx", "index", "indices", "#", "no", "nr", "row", "rows", "rowid", "rownum",
    "rownumber", "rowname", "rownames", "level0", "sample", "samples", "sampleid", "sampleidx",
    "sampleindex", "image", "images", "imageid", "imageidx", "imageindex", "imagename", "imagepath",
    "imgid", "imgname", "imgpath", "img", "file", "files", "filename", "filenames", "filepath",
    "fname", "path", "paths", "uid", "uuid", "guid", "split", "fold", "exampleid", "instanceid",
  ]
}
