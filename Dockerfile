# The course in a container, for Python 3.12:
#   docker build -t backprop-proven .
#   docker run --rm -p 127.0.0.1:8888:8888 backprop-proven
# It prints an address with a token; open it, and the chapters are in the folder of that name.
# To grade in it, see book/sandbox.md, at its end. There is no bubblewrap in it: containers forbid what that needs.
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 reader
WORKDIR /course
RUN chown reader /course
ENV PATH=/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=reader . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .

USER 1000
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]
