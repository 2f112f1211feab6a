"""Logs without people: no request, no body, no local variable (T51, T61)."""

import logging


class DropRequest(logging.Filter):
    """Keeps the kind and place of a fault and drops what could name a resident.

    Django attaches the request to its records, and an exception's text may quote a
    value of the form. The type and the code line are enough to mend a fault.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.pop("request", None)
        if record.exc_info and record.exc_info[0] is not None:
            kind, _value, trace = record.exc_info
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = "?"
            if trace is not None:
                code = trace.tb_frame.f_code
                where = f"{code.co_filename}:{trace.tb_lineno} {code.co_name}"
            record.msg = f"{record.getMessage()} [{kind.__name__} at {where}]"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True
