"""Words that APIs are made of: what a schema is asked for whose names nobody tells.

Servers suggest names that are like the one asked for, so that a stem finds its plural and its compounds.
"""

from __future__ import annotations


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BEFORE = ("my", "all", "admin", "get", "current")
AFTER = ("ById", "List", "Search", "Count", "Status", "History", "Details", "Export")
"""What stands before and after the noun of a query."""
DEEDS = ("Create", "Update", "Delete", "Approve", "Check", "Send", "Share", "Status")
"""What stands after the noun of a mutation."""
VERBS = ("create", "add", "update", "edit", "delete", "remove", "set", "cancel")
"""What mutations begin with."""
QUERIES = _listed(
    """
    me viewer node nodes search user users profile profiles account accounts customer customers client clients member members person people employee
    employees staff student students teacher patient patients doctor doctors driver drivers guest guests author authors owner contact contacts admin
    adminUsers adminStats allUsers role roles permission permissions group groups team teams company companies organization organizations workspace
    workspaces tenant tenants project projects task tasks ticket tickets issue issues comment comments note notes post posts article articles page
    pages blog news feed event events message messages conversation conversations chat thread threads notification notifications mail order orders
    orderHistory item items product products productSearch catalog category categories brand brands cart carts basket checkout payment payments
    paymentMethod paymentMethods transaction transactions invoice invoices receipt receipts refund refunds subscription subscriptions plan plans price
    prices coupon coupons discount discounts voucher vouchers gift review reviews rating ratings question questions answer answers survey wallet
    balance transfer transfers bank card cards loan loans claim claims policy policies contract contracts document documents file files folder folders
    image images photo photos video videos media attachment attachments upload uploads report reports export exports statistics stats dashboard
    analytics metrics log logs auditLog audit session sessions token tokens apiKeys key keys secret secrets device devices vehicle vehicles car cars
    trip trips ride rides booking bookings reservation reservations appointment appointments schedule schedules calendar slot slots room rooms hotel
    hotels flight flights seat seats house houses property properties listing listings address addresses location locations city country countries
    region store stores shop shops warehouse inventory stock supplier suppliers vendor vendors shipment shipments delivery deliveries parcel package
    tracking course courses lesson lessons class grade grades exam exams book books library movie movies song songs album playlist recipe recipes menu
    restaurant restaurants meal meals ingredient prescription prescriptions record records medical test tests result results measurement measurements
    diagnosis treatment visit visits job jobs candidate candidates application applications salary salaries payroll leave shift shifts asset assets
    server servers service services incident alert alerts setting settings config configuration preferences feature flags version status health info
    webhook webhooks integration tag tags label labels link links favorite favorites bookmark wishlist follower followers friend friends like likes
    vote votes poll campaign campaigns template templates form forms wiki archive history activity activities language languages currency currencies
    unit type types
    """
)
"""Fields of the query type."""
MUTATIONS = _listed(
    """
    login logIn signIn signin authenticate tokenAuth register signup signUp logout refresh refreshToken reset resetPassword forgotPassword forgot
    requestPasswordReset changePassword updatePassword verify verifyEmail otp verifyOtp confirm updateProfile updateMe updateUser updateAccount
    deleteAccount createUser createAccount inviteUser addMember removeMember transfer pay checkout placeOrder purchase buy redeem applyCoupon approve
    reject accept publish archive restore share send sendMessage upload uploadFile import export lookup search find subscribe unsubscribe follow like
    vote rate assign complete close open start stop credentials createToken createApiKey impersonate promote grant revoke setRole
    """
)
"""Fields of the mutation type that are no verb before a noun."""
PROPERTIES = _listed(
    """
    id uuid nodeId slug code number reference ref name title firstName lastName fullName displayName username email phone address street city country
    zip birthDate dateOfBirth age gender description text body content message subject summary note notes comment type kind status state active
    enabled price total amount currency quantity count balance discount rating score stars date time createdAt updatedAt startsAt endsAt expiresAt
    dueDate at url link image avatar photo file filename size role roles permissions owner ownerId user userId author authorId customer customerId
    member accountId patientId items lines products orders order orderId product productId category tags parent children members comments reviews
    messages invoices invoice payments token accessToken refreshToken password secret key apiKey internalNote internal cost margin salary ssn card
    cardNumber iban verified isAdmin success ok errors userErrors error edges node nodes cursor pageInfo totalCount hasNextPage endCursor data results
    version reason place priority public private label value unit sku stock weight color language sender recipient senderId recipientId read sent
    answer
    """
)
"""Fields of objects and of what is sent."""
ARGUMENTS = _listed(
    """
    id ids slug name username email userId code token query search q filter where status type first last after before limit offset page size sort
    orderBy input data from to category
    """
)
"""Arguments that queries take."""
FLAT = _listed(
    """
    username email password name token code newPassword oldPassword title text amount
    """
)
"""Further ones that mutations take without an input object."""
VALUES = _listed(
    """
    active inactive open closed pending draft new done sent paid unpaid approved rejected cancelled completed failed blocked archived
    public private shared internal low medium high urgent normal user admin member owner staff manager guest read write create update delete asc desc
    male female other none all daily weekly monthly yearly card cash bank credit debit email phone sms push text image video file note order payment
    user_created order_created order_placed us de gb fr se dk at ch nl usd eur gbp en
    """
)
"""Values of enums; case does not matter to suggestions."""
