"""The worker process: started, prepared, watched."""
