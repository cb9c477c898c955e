edition = 제{ $number }호
late = 지연: { $at }
stories = 기사 { $count }건
stories-from = 매체 { $sources }곳, { stories }
minutes = 약 { $count }분
whole-reading-time = 읽는 데 약 { $count }분
reading-time = { $count }분 분량
and-more = 외 { $count }건
at-a-glance = 한눈에 보기
also-covered-by = 다른 매체
updated = 업데이트
updated-since = 발송 후 업데이트
previous-title = 이전 제목: { $title }
text-changed = 본문이 바뀌었습니다
left-out = 이 메일에 다 담지 못한 기사가 { $count }건 더 있습니다.
waiting = 기사 { $count }건은 다음 호에 실립니다.
nothing-new = 지난 호 이후 새로운 소식이 없습니다.
why = 귀하의 주소가 ‘{ $title }’ 수신자 명단에 있어 이 메일을 보내 드립니다.
unsubscribe = 수신 거부
write-to-editor = 편집자에게 쓰기
unsubscribe-question = ‘{ $title }’ 메일을 그만 받으시겠습니까?
unsubscribe-done = { $address } 주소로는 ‘{ $title }’ 메일을 더 이상 보내지 않습니다.
sent-by = 보낸 사람: { $sender }
time-at = { $day } { $time }
view-in-browser = 브라우저에서 보기
listen = 듣기
watch = 보기
file = 첨부 파일
discussion = 토론
more-updates = 이 밖에 기사 { $count }건이 업데이트되었습니다.
briefing = 간추린 소식
by-machine = ※ 언어 모델({ $model })이 쓰거나 번역한 것으로, 틀릴 수 있습니다. 번역된 제목 아래에 원제목이 있으며, 링크는 원문으로 이어집니다.

all-editions = 모든 호

previous-edition = 이전 호

next-edition = 다음 호

search = 검색

search-words = 검색어

search-digest = 다이제스트

all-digests = 전체

search-from = 시작일

search-until = 종료일

found = 기사 { $count }건을 찾았습니다

found-newest = 최신 기사 { $count }건 (더 있음)

nothing-found = ‘{ $query }’에 대한 결과가 없습니다.

previous-page = 이전 페이지

next-page = 다음 페이지

other-pages = 다른 페이지

by-month = 월별

feed-of-editions = 호 피드

feed-of-articles = 기사 피드

no-editions = 아직 발행된 호가 없습니다.

page-not-found = 알 수 없는 링크입니다. 오래되었거나 시험용이거나 일부가 잘렸을 수 있습니다.

page-busy = 요청이 너무 많습니다. 1분 뒤에 다시 시도해 주세요.

page-unavailable = 지금은 이 페이지를 표시할 수 없습니다. 나중에 다시 시도해 주세요.

join = 구독하기

join-address = 이메일 주소
join-name = 이름 (선택)
join-digests = 받을 내용

join-intro = 링크가 담긴 메일을 보내 드립니다. 열어서 확인하기 전에는 다른 메일이 가지 않습니다.

join-asked = { $address } 주소로 메일이 도착한다면 링크를 보냈습니다. 열어서 확인해 주세요.

join-again = 버튼을 한 번 더 눌러 주세요.

join-wrong = 이메일 주소와 다이제스트 하나 이상이 필요합니다.

leave-empty = 비워 두세요

confirm = 확인

confirm-question = { $address } 주소로 { $title }을(를) 받으시겠습니까?

confirmed = { $address } 주소로 { $title }을(를) 보내 드립니다.

undo = 되돌리기

own-page = 메일 설정

mail-format = 형식
as-html = 그림과 색 포함
as-text = 글만
how-often = 빈도
every-edition = 매 호
once-a-week = 일주일에 한 번, 주요 기사
pause-until = 이 날까지 쉬기
save = 저장
saved = 저장했습니다.
leave-all = 모두 구독 취소

confirm-subject = 확인해 주세요: { $title }
confirm-letter =
    이 주소로 { $title } 구독 신청이 있었습니다. 본인이라면 다음 페이지를 열고 버튼을 눌러 확인해 주세요.

    { $link }

    본인이 아니라면 그대로 두세요. 더 이상 메일이 가지 않습니다.

known-subject = { $title }을(를) 이미 받고 계십니다
known-letter =
    이 주소로 { $title } 구독 신청이 있었지만 이미 받고 계십니다. 다음 페이지에서 바꿀 수 있습니다.

    { $link }

welcome-subject = { $title }에 오신 것을 환영합니다
welcome-letter =
    이제 { $title }을(를) 받으십니다. 다음 페이지에서 바꾸거나 그만둘 수 있습니다.

    { $link }
last-edition =
    최근 호:

    { $link }
