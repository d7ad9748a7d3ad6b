import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { useWorkbench } from '../workbench/suite.ts';

describe('in German', function () {
  this.timeout(90_000);
  const opened = useWorkbench((folder) => cp('sample/model', join(folder, 'filter'), { recursive: true }), {
    language: 'de',
  });

  it('are the views, as package.json and as the code name things', async () => {
    const { workbench, page, row } = opened;
    await workbench.openView('Embedding Press');
    await page.getByText('was jede Größe kostet und behält').waitFor();
    await row('filter').filter({ hasText: '99 % Einbettung' }).waitFor();
  });

  it('are the commands, their questions and a page', async () => {
    const { workbench, page } = opened;
    await workbench.runCommand('Embedding Press: Modell anzeigen');
    await page.locator('.quick-input-widget').getByText('Durchsuchen…').waitFor();
    await workbench.pick('filter');
    await workbench.webviewFrame().getByText('Spektrum der Einbettung').waitFor();
  });
});
