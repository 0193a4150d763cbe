import Evaluation
import PredictionFiles
import Predictions
import Runs
import Scoring
import TextTables

extension EvaluationError: AdvisedError {
  var advice: String? {
    switch self {
    case .otherOutput, .unexpectedAnswer:
      "answer an array for each batch, as mixmo model-client does"
    case .otherClassNames: "write a name for each class"
    case .otherOutOfDistribution: "give predictions of the same model"
    case .noShard: "name the folders that evaluate --shard was given with --output"
    case .otherShards: "give the folder of each shard once"
    case .interrupted, .otherCell, .changedModel, .nothingToCalibrate, .missingCell,
      .noPredictions, .noValidationSet, .noOutOfDistribution, .isShard, .noValidation, .noCells,
      .unfinishedShard:
      nil
    }
  }
}

extension CellFileError: AdvisedError {
  var advice: String? { nil }
}

extension ClassMaskError: AdvisedError {
  var advice: String? {
    description.contains("; ") || description.contains(": say ")
      ? nil : "give labels of these classes"
  }
}

extension PredictionChoiceError: AdvisedError {
  var advice: String? {
    switch problem {
    case .unknownForm: "give the file the extension of its form"
    case .noSuchArray: "choose one of these"
    case .notProbability: "leave --probabilities out for logits, or divide percent by 100"
    case .oneHotClasses: "give labels of the classes of the predictions"
    case .notNumbers: "save the index of each row's class"
    case .noTable(let option), .noArchive(let option), .oneMember(let option):
      "leave \(option) out"
    case .arrays, .oneOutput, .severalOutputs, .notAllProbabilities, .firstLine, .oneRowMore,
      .notAClass, .allIgnored, .severalCells, .severities:
      nil
    }
  }
}

extension TextTableError: AdvisedError {
  var advice: String? {
    switch problem {
    case .empty: "write a line of numbers for each row"
    case .wrongCount: "write as many fields on each line"
    case .notANumber: "write a number there, or leave the column out with --drop-column"
    case .unknownSeparator: "save the table with one of these"
    case .tooManyColumns: "save the array as .npy"
    case .noSuchColumn: description.hasSuffix("?") ? nil : "name one of the columns"
    case .nothingLeft: "leave fewer columns out"
    case .decimalComma, .halves, .blankLine, .headerWidth, .notAClass, .text, .otherOrder,
      .outOfOrder, .classNames, .severalColumns:
      nil
    }
  }
}

extension ProgramError: AdvisedError {
  var advice: String? {
    switch problem {
    case .notStarted: "check the command, and the limits of the system (ulimit -a)"
    case .ended(let end, _):
      end.isOfMissingProgram
        ? "check that the shell finds the program: give its path" : "run the command by itself"
    case .closedOutput: "keep standard output open until standard input ends"
    case .unreadable, .otherType, .otherShape, .unsuitable:
      "write one array of shape [B, K] or [B, M, K] with numpy.save, as mixmo model-client does"
    case .changed: "answer every batch in the same form"
    case .notFinite: "look for a division by zero or an overflow in the model"
    case .unusable: "say --probabilities if they are probabilities, and leave it out for logits"
    case .unasked: "write nothing but one array for each batch to standard output"
    case .otherClasses, .noArray, .early, .silent: nil
    }
  }
}

extension PredictionFileError: AdvisedError {
  var advice: String? {
    switch problem {
    case .wrongShape: "save the array in this shape"
    case .otherRows: CommonAdvice.changedResults
    case .wrongLabelCount: "give the labels of these rows, in their order"
    case .otherAxes, .percent, .softLabels: nil
    case .unusable(let error): error.advice
    }
  }
}

extension KeptCalibrationError: AdvisedError {
  var advice: String? {
    switch problem {
    case .unreadable, .unknown: "give a file that mixmo calibrate wrote"
    case .otherNumbers, .otherShape, .otherPredictions, .noProbabilities: nil
    }
  }
}

extension RunsError: AdvisedError {
  var advice: String? {
    switch self {
    case .unreadableRecord: "restore run.json, or evaluate into another folder with --output"
    case .missingColumns, .noRows, .noUncalibrated, .wrongField, .sameRow:
      CommonAdvice.changedResults
    case .missingFile, .otherEvaluation, .missingPredictions, .wrongShape, .otherPredictions,
      .unrecordedPredictions, .noFolder, .noEpoch, .noCheckpoint, .unloggedEpochs, .malformedLog:
      nil
    }
  }
}

extension ScoringError: AdvisedError {
  var advice: String? {
    switch self {
    case .emptyShape, .wrongLogitCount: "give predictions of at least one row and class"
    case .labelOutOfRange: "count classes from 0, and give the predictions of all classes"
    case .notFinite, .tooLarge: "look for a division by zero or an overflow in the model"
    case .notProbabilities: "leave --probabilities out for logits"
    case .wrongSums:
      "give probabilities whose rows sum to 1, or leave --probabilities out for logits"
    case .otherNumbers: "give files of one kind"
    case .membersMeanPredictsNothing, .noSuchMember, .calibrationOfOtherPredictor:
      "choose another with --predictor or --calibration"
    case .tooFewRowsToHalve: "give more rows"
    case .notHalves, .halvesOfOtherRows: "correct the file of halves, which has each row once"
    case .otherShape, .otherLabel: "give the predictions of the same model and images"
    case .wrongVoteCount, .softLabelsOfOtherClasses, .softLabelsOfOtherRows:
      "give soft labels of these images and classes"
    case .notVotes: "give votes or probabilities"
    case .noSuchRow, .unusableTemperature, .fittedForOtherPredictor, .wrongParameterCount,
      .notFitted, .unknownCalibration, .nothingToResample, .imagesOfOtherRows, .noSuchImage,
      .wrongProbabilityCount, .notProbability:
      CommonAdvice.fault
    case .severalMembers, .otherValidationSet, .noVotes: nil
    }
  }
}
