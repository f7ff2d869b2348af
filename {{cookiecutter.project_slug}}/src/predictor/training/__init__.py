"""From rows to a fitted scikit-learn pipeline, and to the ONNX graph that is served."""
