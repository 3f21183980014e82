"""Forms without an account: one sending is one thing, however often it is clicked; programs are kept off without a third party."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import HttpRequest

from chengxin.core.errors import DomainError, NotFound

FORM_HOURS, RECEIPT_MINUTES = 24, 30
LEAST_SECONDS = 2  # nobody types anything worth sending faster; programs do
TRAP = "website"  # a field nobody sees: what fills it in is a program


@dataclass(frozen=True)
class Sendings:
    """The signed keys of one kind of form, and of the receipts of what was sent."""

    salt: str

    def token(self) -> str:
        """A fresh form's key, signed with its time."""
        return TimestampSigner(salt=f"{self.salt}-form").sign(uuid4().hex)

    def key(self, request: HttpRequest) -> UUID:
        """The key of a posted form. Raises DomainError for one that is too old, too fast, or not ours."""
        key = self.key_of_staff(request)
        try:
            TimestampSigner(salt=f"{self.salt}-form").unsign(request.POST.get("form", ""), max_age=dt.timedelta(seconds=LEAST_SECONDS))
            is_fast = True
        except SignatureExpired:
            is_fast = False
        if is_fast or request.POST.get(TRAP):
            raise DomainError("too_fast", "请核对内容后再提交一次。")
        return key

    def key_of_staff(self, request: HttpRequest) -> UUID:
        """The same for who is signed in, and may be as quick as a person can be. Raises DomainError."""
        signer = TimestampSigner(salt=f"{self.salt}-form")
        try:
            return UUID(signer.unsign(request.POST.get("form", ""), max_age=dt.timedelta(hours=FORM_HOURS)))
        except (BadSignature, ValueError) as error:
            raise DomainError("old_form", "页面已过期，请再提交一次；您填写的内容仍在。") from error

    def again(self, request: HttpRequest) -> str:
        """The token a form was sent with, as long as it is good; else a fresh one."""
        token = request.POST.get("form", "")
        try:
            TimestampSigner(salt=f"{self.salt}-form").unsign(token, max_age=dt.timedelta(hours=FORM_HOURS))
        except BadSignature:
            return self.token()
        return token

    def receipt(self, key: UUID) -> str:
        """The address of a receipt, good for half an hour."""
        return TimestampSigner(salt=f"{self.salt}-receipt").sign(key.hex)

    def key_of_receipt(self, token: str) -> UUID:
        """Raises NotFound when the address is too old or not ours."""
        try:
            return UUID(TimestampSigner(salt=f"{self.salt}-receipt").unsign(token, max_age=dt.timedelta(minutes=RECEIPT_MINUTES)))
        except (BadSignature, ValueError) as error:
            raise NotFound("no_receipt", "回执页面已过期，请用抄下的回执码查询。") from error
