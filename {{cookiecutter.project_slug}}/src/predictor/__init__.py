import os

# Libraries read these settings when they are imported; what is set outside comes first.
os.environ |= {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",  # not from S3, which may not be reachable
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    # Threads that spin while they wait make training three times slower on a busy machine.
    "OMP_WAIT_POLICY": "passive",
} | os.environ
