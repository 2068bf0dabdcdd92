"""The tasks of assignment 11: recurrent layers step by step and over whole sequences, and the adding problem."""

# The tasks, in the notebook's order.
ORDER = ("rnn_step", "rnn", "truncated", "lstm_step", "lstm", "gru_step", "adder")
