// Sends the answers of a Google Form to Headway. In the form: ⋮ → Apps Script, replace what is there by this, fill in the
// first two lines, save; then Triggers → Add trigger: function send, from form, on form submit.
const ADDRESS = 'https://headway.example.org/hooks/google-forms';
const TOKEN = 'the value of HEADWAY_SECRET_GOOGLE_FORMS';
// The name of the wave; empty: the form itself is the wave, under its id.
const WAVE = '';
// The title of the question that asks for the team, by a list.
const TEAM_QUESTION = 'Team';
// Whether texts are sent too, as comments. Say so in the form: they are shown word for word, without a name.
const COMMENTS = false;

function send(event) {
  const scales = [FormApp.ItemType.SCALE, FormApp.ItemType.RATING].filter((type) => type !== undefined);
  const responses = event.response.getItemResponses();
  const team = responses.find((one) => one.getItem().getTitle() === TEAM_QUESTION);
  const asked = (one) => {
    const item = one.getItem();
    // A description such as `item: documentation` names the item of the question.
    const named = /item: *(\S+)/.exec(item.getHelpText());
    return { item: named ? named[1] : item.getTitle(), title: item.getTitle() };
  };
  const answers = responses
    .filter((one) => scales.includes(one.getItem().getType()))
    .map((one) => ({ ...asked(one), score: Number(one.getResponse()) }));
  const texts = COMMENTS ? [FormApp.ItemType.TEXT, FormApp.ItemType.PARAGRAPH_TEXT] : [];
  const comments = responses
    .filter((one) => one !== team && texts.includes(one.getItem().getType()))
    .map((one) => ({ ...asked(one), text: String(one.getResponse()) }));
  UrlFetchApp.fetch(ADDRESS, {
    method: 'post',
    contentType: 'application/json',
    headers: { 'X-Headway-Token': TOKEN },
    payload: JSON.stringify({
      form_id: event.source.getId(),
      response_id: event.response.getId(),
      submitted_at: event.response.getTimestamp().toISOString(),
      team: team ? team.getResponse() : '',
      wave: WAVE,
      answers,
      comments,
    }),
  });
}
