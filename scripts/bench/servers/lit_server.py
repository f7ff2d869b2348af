"""The pipeline behind LitServe. Usage: python lit_server.py PORT."""

import sys

import litserve
from predictor.schema import Row
from predictor.task import Prediction
from scoring import score


class Predictor(litserve.LitAPI):
    """One endpoint."""

    def setup(self, device: str) -> None:
        """Do nothing: `scoring` has loaded the pipeline."""

    def decode_request(self, request: Row) -> Row:
        """Take the validated row as it is."""
        return request

    def predict(self, row: Row) -> Prediction:
        """Answer with the pipeline."""
        return score(row)

    def encode_response(self, output: Prediction) -> Prediction:
        """Leave the conversion to FastAPI."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Predictor(api_path="/predict"), accelerator="cpu")
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, access_log=False
    )
