"""Why a file was not written or not given out, and what to do: words of the desk."""

from django.utils.translation import gettext as _

from evaluations.exports.files import FileDisagrees
from evaluations.exports.later import ExportClosed, FileChanged, FileMissing


def told_writing(error: Exception) -> str:
    if isinstance(error, FileDisagrees):
        return _("写好的文件和数据对不上，没有给出。再试还是这样，请告诉系统管理员。")
    return _("文件写不到磁盘上，可能满了。请告诉系统管理员，腾出地方以后会自己写完。")


def told_taking(error: ExportClosed) -> str:
    if isinstance(error, FileChanged):
        return _(
            "文件和写好的时候不一样了，没有给出。请告诉系统管理员，再重新导出一份。"
        )
    if isinstance(error, FileMissing):
        return _("文件已经不在了。请重新导出一份。")
    return _("这份文件现在不能下载。")
