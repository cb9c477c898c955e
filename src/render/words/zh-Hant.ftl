edition = 第 { $number } 期
late = 延遲至 { $at }
stories = { $count } 篇
stories-from = { stories }，來自 { $sources } 個來源
minutes = 約 { $count } 分鐘
whole-reading-time = 閱讀約 { $count } 分鐘
reading-time = 閱讀約 { $count } 分鐘
and-more = 另有 { $count } 篇
at-a-glance = 今日要點
also-covered-by = 另見
updated = 已更新
updated-since = 寄出後有更新
previous-title = 原題：{ $title }
text-changed = 內文有更動
left-out = 另有 { $count } 篇未能收入本期郵件。
waiting = 另有 { $count } 篇留待下期刊出。
nothing-new = 上期之後暫無新消息。
why = 您收到這封郵件，是因為您的電子郵件地址在「{ $title }」的收件人名單中。
unsubscribe = 取消訂閱
write-to-editor = 寫信給編輯
unsubscribe-question = 確定不再接收「{ $title }」嗎？
unsubscribe-done = { $address } 將不再收到「{ $title }」。
sent-by = 寄件人：{ $sender }
time-at = { $day } { $time }
view-in-browser = 在瀏覽器中檢視
listen = 收聽
watch = 觀看
file = 附件
discussion = 討論
more-updates = 另有 { $count } 篇文章已更新。
briefing = 速覽
by-machine = ※ 由語言模型（{ $model }）撰寫或翻譯，可能有誤。譯題下方為原題，連結通向原文。

all-editions = 全部期次

previous-edition = 上一期

next-edition = 下一期

search = 搜尋

search-words = 關鍵詞

search-digest = 摘要

all-digests = 全部

search-from = 起始日期

search-until = 截止日期

found = 找到 { $count } 篇文章

found-newest = 最新的 { $count } 篇，另有更多

nothing-found = 找不到與「{ $query }」相關的文章。

previous-page = 上一頁

next-page = 下一頁

other-pages = 其他頁面

by-month = 按月查看

feed-of-editions = 期次訂閱源

feed-of-articles = 文章訂閱源

no-editions = 尚未出刊。

page-not-found = 找不到這個連結。它可能已過期、來自試發，或不完整。

page-busy = 請求過多，請過一分鐘再試。

page-unavailable = 暫時無法顯示此頁，請稍後再試。

join = 訂閱

join-address = 電子郵件地址
join-name = 姓名（可選）
join-digests = 您收到的內容

join-intro = 您將收到一封帶連結的郵件；開啟並確認之前，不會再收到其他郵件。

join-asked = 如果 { $address } 能收到郵件，連結已在途中。請開啟並確認。

join-again = 請再按一次按鈕。

join-wrong = 需要一個電子郵件地址和至少一份摘要。

leave-empty = 請留空

confirm = 確認

confirm-question = 在 { $address } 接收{ $title }嗎？

confirmed = { $address } 現在會收到{ $title }。

undo = 復原

own-page = 您的郵件

mail-format = 格式
as-html = 帶圖片和顏色
as-text = 純文字
how-often = 頻率
every-edition = 每一期
once-a-week = 每週一次，當週要聞
pause-until = 在此日期前暫停
save = 儲存
saved = 已儲存。
leave-all = 全部退訂

confirm-subject = 請確認：{ $title }
confirm-letter =
    有人（希望是您）請求在此信箱接收{ $title }。請開啟以下頁面，按下按鈕確認：

    { $link }

    如果不是您，請不必理會，不會再有郵件。

known-subject = 您已在接收{ $title }
known-letter =
    有人（希望是您）請求在此信箱接收{ $title }，而您已在接收。您可以在自己的頁面更改：

    { $link }

welcome-subject = 歡迎訂閱{ $title }
welcome-letter =
    您現在會收到{ $title }。您可以在自己的頁面更改或退訂：

    { $link }
last-edition =
    最近一期：

    { $link }
