edition = 第{ $number }号
late = 遅延: { $at }
stories = 記事{ $count }本
stories-from = { $sources }媒体から{ stories }
minutes = 約{ $count }分
whole-reading-time = 約{ $count }分で読めます
reading-time = 読了まで約{ $count }分
and-more = ほか{ $count }本
at-a-glance = きょうの見出し
also-covered-by = ほかの媒体
updated = 更新
updated-since = 配信後の更新
previous-title = 旧見出し：{ $title }
text-changed = 本文に変更あり
left-out = ほかに{ $count }本の記事がありますが、このメールには載せきれませんでした。
waiting = ほかに{ $count }本の記事は次号に掲載します。
nothing-new = 前号以降、新しい記事はありません。
why = お使いのアドレスが「{ $title }」の配信先に含まれているため、このメールをお送りしています。
unsubscribe = 配信停止
write-to-editor = 編集者に連絡
unsubscribe-question = 「{ $title }」の配信を停止しますか？
unsubscribe-done = { $address }への「{ $title }」の配信を停止しました。
sent-by = 送信者：{ $sender }
time-at = { $day } { $time }
view-in-browser = ブラウザで表示
listen = 聴く
watch = 見る
file = 添付ファイル
discussion = ディスカッション
more-updates = ほかに { $count } 件の記事が更新されました。
briefing = 要点
by-machine = ※ 言語モデル（{ $model }）による要約または翻訳で、誤りを含むことがあります。翻訳された見出しの下に元の見出しがあり、リンク先は原文です。

all-editions = すべての号

previous-edition = 前の号

next-edition = 次の号

search = 検索

search-words = キーワード

search-digest = ダイジェスト

all-digests = すべて

search-from = 開始日

search-until = 終了日

found = { $count } 件の記事が見つかりました

found-newest = 新しい { $count } 件を表示（ほかにもあります）

nothing-found = 「{ $query }」に一致する記事はありません。

previous-page = 前のページ

next-page = 次のページ

other-pages = ほかのページ

by-month = 月別

feed-of-editions = 号のフィード

feed-of-articles = 記事のフィード

no-editions = まだ発行された号はありません。

page-not-found = このリンクは見つかりません。古いか、試し送りのものか、途中で切れている可能性があります。

page-busy = アクセスが集中しています。1分ほどしてからもう一度お試しください。

page-unavailable = 現在このページを表示できません。しばらくしてからもう一度お試しください。

join = 購読する

join-address = メールアドレス
join-name = お名前（任意）
join-digests = 受け取るもの

join-intro = リンクの入ったメールをお送りします。開いて確認するまで、ほかのメールは届きません。

join-asked = { $address } にメールが届くようであれば、リンクをお送りしました。開いて確認してください。

join-again = もう一度ボタンを押してください。

join-wrong = メールアドレスと、少なくとも一つのダイジェストが必要です。

leave-empty = 空欄のままにしてください

confirm = 確認する

confirm-question = { $address } で { $title } を受け取りますか？

confirmed = { $address } に { $title } をお届けします。

undo = 元に戻す

own-page = メールの設定

mail-format = 形式
as-html = 画像と色つき
as-text = テキストのみ
how-often = 頻度
every-edition = 毎号
once-a-week = 週に一度、主なニュース
pause-until = この日まで休止
save = 保存
saved = 保存しました。
leave-all = すべて解除

confirm-subject = 確認のお願い：{ $title }
confirm-letter =
    このアドレスで { $title } の申し込みがありました。ご本人であれば、次のページを開き、ボタンを押して確認してください。

    { $link }

    お心当たりがなければ、何もしないでください。今後メールは届きません。

known-subject = { $title } はすでに届いています
known-letter =
    このアドレスで { $title } の申し込みがありましたが、すでにお届けしています。設定は次のページで変更できます。

    { $link }

welcome-subject = { $title } へようこそ
welcome-letter =
    { $title } をお届けします。変更や解除は次のページでできます。

    { $link }
last-edition =
    最新号：

    { $link }
