/// Those outputs of a model that stand for classes of the images, where the model has other classes as well.
package struct OutputSelection: Sendable, Equatable {
  /// The number of classes of the model.
  package let modelClassCount: Int
  /// The output of each class of the images, in rising order.
  package let indices: [Int]  // [K]

  /// The outputs `classes`, each once.
  package init(of classes: some Sequence<Int>, modelClassCount: Int) {
    self.modelClassCount = modelClassCount
    indices = Set(classes).sorted()
    places = Dictionary(uniqueKeysWithValues: indices.enumerated().map { ($1, $0) })
  }

  /// The class that an output stands for; nil for one that is left out.
  package func place(of output: Int) -> Int? { places[output] }

  private let places: [Int: Int]
}

/// Pictures of some of a model's classes.
extension PictureFolder {
  /// The same pictures with no other classes than theirs: a model's other outputs are not compared, as
  /// ImageNet-A and ImageNet-R are scored (Hendrycks et al., arXiv 1907.07174, section 3, and arXiv
  /// 2006.16241).
  ///
  /// - Throws: `PictureError` where the labels alone tell how many classes there are.
  package func masked() throws -> PictureFolder {
    guard !isClassCountGuessed else {
      throw PictureError(file: root.path, problem: FolderProblem.maskWithoutOrder)
    }
    let outputs = OutputSelection(
      of: (labeled ?? Array(labels.indices)).map { labels[$0] }, modelClassCount: classCount)
    var pictures = self
    pictures.outputs = outputs
    pictures.classNames = outputs.indices.map { classNames[$0] }
    // Pictures without a label stand with class 0.
    pictures.labels = labels.map { outputs.place(of: $0) ?? 0 }
    return pictures
  }

  /// The same pictures without those of some classes, which stay classes.
  package func leavingOut(classes names: [String]) -> PictureFolder {
    let leftOut = Set(names)
    let kept = files.indices.filter { !leftOut.contains(classNames[labels[$0]]) }
    let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    var pictures = self
    pictures.files = kept.map { files[$0] }
    pictures.labels = kept.map { labels[$0] }
    pictures.labeled = labeled.map { $0.compactMap { places[$0] } }
    return pictures
  }
}
